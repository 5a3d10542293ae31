package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;

/** Operators that only rearrange axes. */
final class Shaping {
  private Shaping() {}

  static Kernel flatten(Node node, long opset) {
    long axis = node.intAttribute("axis", 1);
    return in -> {
      NDArray x = in.array(0);
      long[] shape = x.getShape().getShape();
      long rows = 1;
      for (int i = 0; i < Axes.of(axis, shape.length); i++) {
        rows *= shape[i];
      }
      return new NDList(x.reshape(rows, rows == 0 ? 0 : x.size() / rows));
    };
  }

  static Kernel reshape(Node node, long opset) {
    boolean allowZero = node.intAttribute("allowzero", 0) != 0;
    return in -> {
      NDArray x = in.array(0);
      long[] target =
          Axes.attributeOrInput(node, in, "shape", 1)
              .orElseThrow(() -> Unsupported.form(node, "no target shape"))
              .clone();
      for (int i = 0; i < target.length; i++) {
        if (target[i] == 0 && !allowZero) {
          target[i] = x.getShape().get(i);
        }
      }
      return new NDList(x.reshape(new Shape(target)));
    };
  }

  static Kernel squeeze(Node node, long opset) {
    return in -> {
      NDArray x = in.array(0);
      long[] shape = x.getShape().getShape();
      int[] axes =
          Axes.attributeOrInput(node, in, "axes", 1)
              .map(a -> Axes.normalized(a, shape.length))
              .orElseGet(
                  () ->
                      java.util.stream.IntStream.range(0, shape.length)
                          .filter(i -> shape[i] == 1)
                          .toArray());
      return new NDList(x.reshape(new Shape(without(shape, axes))));
    };
  }

  static Kernel unsqueeze(Node node, long opset) {
    return in -> {
      NDArray x = in.array(0);
      long[] given =
          Axes.attributeOrInput(node, in, "axes", 1)
              .orElseThrow(() -> Unsupported.form(node, "no axes"));
      int[] axes = Axes.normalized(given, x.getShape().dimension() + given.length);
      long[] shape = new long[x.getShape().dimension() + axes.length];
      int next = 0;
      for (int i = 0; i < shape.length; i++) {
        shape[i] = Arrays.binarySearch(axes, i) >= 0 ? 1 : x.getShape().get(next++);
      }
      return new NDList(x.reshape(new Shape(shape)));
    };
  }

  static Kernel transpose(Node node, long opset) {
    return in -> {
      NDArray x = in.array(0);
      int rank = x.getShape().dimension();
      int[] permutation = new int[rank];
      long[] given = node.intsAttribute("perm").orElse(null);
      for (int i = 0; i < rank; i++) {
        permutation[i] = given == null ? rank - 1 - i : (int) given[i];
      }
      return new NDList(x.transpose(permutation));
    };
  }

  static Kernel expand(Node node, long opset) {
    return in -> {
      NDArray x = in.array(0);
      long[] wanted = in.integers(1);
      long[] shape = x.getShape().getShape();
      long[] result = new long[Math.max(wanted.length, shape.length)];
      for (int i = 1; i <= result.length; i++) {
        long have = i <= shape.length ? shape[shape.length - i] : 1;
        long want = i <= wanted.length ? wanted[wanted.length - i] : 1;
        result[result.length - i] = have == 1 ? want : have;
      }
      return new NDList(x.broadcast(new Shape(result)));
    };
  }

  /** Extents of a tensor, on the engine; where they are known beforehand they are folded. */
  static Kernel shape(Node node, long opset) {
    long start = node.intAttribute("start", 0);
    long end = node.intAttribute("end", Long.MAX_VALUE);
    return in -> {
      long[] shape = in.array(0).getShape().getShape();
      int from = clamp(start, shape.length);
      int to = Math.max(from, clamp(end, shape.length));
      return new NDList(Owned.copy(in.manager().create(Arrays.copyOfRange(shape, from, to))));
    };
  }

  /** Number of elements. */
  static Kernel size(Node node, long opset) {
    return in -> new NDList(Owned.copy(in.manager().create(in.array(0).size())));
  }

  static Kernel tile(Node node, long opset) {
    return in -> new NDList(in.array(0).tile(in.integers(1)));
  }

  /** Channels to blocks of positions: depth first ({@code DCR}) or channel first ({@code CRD}). */
  static Kernel depthToSpace(Node node, long opset) {
    long block = node.intAttribute("blocksize", 1);
    boolean depthFirst = node.stringAttribute("mode", "DCR").equals("DCR");
    return in -> {
      NDArray x = in.array(0);
      long n = x.getShape().get(0);
      long c = x.getShape().get(1) / (block * block);
      long h = x.getShape().get(2);
      long w = x.getShape().get(3);
      NDArray blocks =
          depthFirst
              ? x.reshape(n, block, block, c, h, w).transpose(0, 3, 4, 1, 5, 2)
              : x.reshape(n, c, block, block, h, w).transpose(0, 1, 4, 2, 5, 3);
      return new NDList(blocks.reshape(n, c, h * block, w * block));
    };
  }

  static Kernel spaceToDepth(Node node, long opset) {
    long block = node.intAttribute("blocksize", 1);
    return in -> {
      NDArray x = in.array(0);
      long n = x.getShape().get(0);
      long c = x.getShape().get(1);
      long h = x.getShape().get(2) / block;
      long w = x.getShape().get(3) / block;
      NDArray blocks = x.reshape(n, c, h, block, w, block).transpose(0, 3, 5, 1, 2, 4);
      return new NDList(blocks.reshape(n, c * block * block, h, w));
    };
  }

  static Kernel constantOfShape(Node node, long opset) {
    io.rspar.graph.Tensor value =
        node.tensorAttribute("value")
            .orElseGet(() -> io.rspar.graph.Tensor.ofFloats(io.rspar.graph.Shape.of(1), 0));
    return in ->
        new NDList(HostTensors.upload(in.manager(), value).broadcast(new Shape(in.integers(0))));
  }

  private static int clamp(long index, int rank) {
    return (int) Math.max(0, Math.min(rank, index < 0 ? index + rank : index));
  }

  static long[] without(long[] shape, int[] axes) {
    return java.util.stream.IntStream.range(0, shape.length)
        .filter(i -> Arrays.binarySearch(axes, i) < 0)
        .mapToLong(i -> shape[i])
        .toArray();
  }

  /** {@code EyeLike}: ones on a diagonal of a matrix of the input's shape. */
  static Kernel eyeLike(Node node, long opset) {
    int diagonal = (int) node.intAttribute("k", 0);
    int type = (int) node.intAttribute("dtype", 0);
    return in -> {
      NDArray x = in.array(0);
      DataType of =
          type == 0
              ? x.getDataType()
              : HostTensors.engineType(io.rspar.graph.DataType.ofOnnxCode(type));
      NDArray row = in.manager().arange((float) x.getShape().get(0)).reshape(-1, 1);
      NDArray column = in.manager().arange((float) x.getShape().get(1)).reshape(1, -1);
      return new NDList(column.sub(row).eq(diagonal).toType(of, false));
    };
  }
}
