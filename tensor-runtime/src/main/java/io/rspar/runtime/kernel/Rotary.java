package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.stream.LongStream;

/**
 * {@code RotaryEmbedding} (Su et al., "RoFormer", 2021), ONNX's and ONNX Runtime's: pairs of a
 * head's dimensions are rotated by angles of the token's position.
 */
final class Rotary {
  private Rotary() {}

  /** ONNX's: angles by position, or for each token of the batch where there are no positions. */
  static Kernel standard(Node node, long opset) {
    return bind(node, 3, 1);
  }

  /** ONNX Runtime's: the positions come second; a single one is that of the first token. */
  static Kernel contributed(Node node, long opset) {
    Unsupported.unless(node.floatAttribute("scale", 1) == 1, node, "a scale");
    Unsupported.unless(node.intAttribute("is_packed_batching", 0) == 0, node, "packed batches");
    return bind(node, 1, 2);
  }

  private static Kernel bind(Node node, int positions, int cosines) {
    boolean interleaved = node.intAttribute("interleaved", 0) != 0;
    long rotated = node.intAttribute("rotary_embedding_dim", 0);
    long heads = node.intAttribute("num_heads", 0);
    return in -> {
      NDArray x = in.array(0);
      boolean side = x.getShape().dimension() == 3;
      NDArray cos = in.array(cosines);
      long size = 2 * cos.getShape().get(cos.getShape().dimension() - 1);
      NDArray split = side ? Attention.split(x, heads > 0 ? heads : x.getShape().get(2) / size) : x;
      long[] at = in.has(positions) ? positions(in.integers(positions), split.getShape()) : null;
      NDArray all =
          rotatePart(
              split,
              angles(cos, at, split.getShape()),
              angles(in.array(cosines + 1), at, split.getShape()),
              rotated,
              interleaved);
      return new NDList(side ? Attention.merge(all) : all);
    };
  }

  /** One position per token of the batch. */
  private static long[] positions(long[] given, Shape heads) {
    long tokens = heads.get(2);
    long all = heads.get(0) * tokens;
    return given.length == 1 && all > 1
        ? LongStream.range(0, all).map(i -> given[0] + i % tokens).toArray()
        : given;
  }

  /** Rows of a table at these positions, or the table itself: N×T×R/2. */
  private static NDArray angles(NDArray table, long[] positions, Shape heads) {
    return positions == null
        ? table
        : Axes.pick(table, 0, positions).reshape(heads.get(0), heads.get(2), -1);
  }

  /** The first dimensions of each head are rotated, the others stay. */
  private static NDArray rotatePart(
      NDArray x, NDArray cos, NDArray sin, long rotated, boolean interleaved) {
    long size = x.getShape().get(3);
    if (rotated == 0 || rotated == size) {
      return rotate(x, cos, sin, interleaved);
    }
    NDArray first = rotate(Axes.stride(x, 3, 0, rotated, 1), cos, sin, interleaved);
    return NDArrays.concat(new NDList(first, Axes.stride(x, 3, rotated, size, 1)), 3);
  }

  /**
   * Rotates all dimensions.
   *
   * @param x N×H×T×R
   * @param cos N×T×R/2 or 1×T×R/2
   * @param interleaved whether pairs are neighbours, not one of each half
   */
  static NDArray rotate(NDArray x, NDArray cos, NDArray sin, boolean interleaved) {
    long size = x.getShape().get(3);
    NDArray a = interleaved ? Axes.stride(x, 3, 0, size, 2) : Axes.stride(x, 3, 0, size / 2, 1);
    NDArray b = interleaved ? Axes.stride(x, 3, 1, size, 2) : Axes.stride(x, 3, size / 2, size, 1);
    NDArray c = cos.expandDims(1);
    NDArray s = sin.expandDims(1);
    NDList turned = new NDList(a.mul(c).sub(b.mul(s)), a.mul(s).add(b.mul(c)));
    return interleaved
        ? NDArrays.stack(turned, 4).reshape(x.getShape())
        : NDArrays.concat(turned, 3);
  }
}
