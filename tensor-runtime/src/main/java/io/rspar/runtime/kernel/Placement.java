package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;

/** Operators that read or write at computed places. */
final class Placement {
  private Placement() {}

  static Kernel gatherElements(Node node, long opset) {
    long axis = node.intAttribute("axis", 0);
    return in -> {
      NDArray x = in.array(0);
      int at = Axes.of(axis, x.getShape().dimension());
      return new NDList(x.gather(fromStart(in.array(1), x.getShape().get(at)), at));
    };
  }

  /** {@code GatherND}: an index picks along the first axes after those that both share. */
  static Kernel gatherNd(Node node, long opset) {
    int shared = (int) node.intAttribute("batch_dims", 0);
    return in -> {
      NDArray x = in.array(0);
      long[] shape = x.getShape().getShape();
      long[] places = in.array(1).getShape().getShape();
      int depth = (int) places[places.length - 1];
      long[] rest = Arrays.copyOfRange(shape, shared + depth, shape.length);
      long[] rows = rows(in, Arrays.copyOf(shape, shared + depth), shared, depth);
      NDArray flat = x.reshape(joined(new long[] {-1}, rest));
      NDArray picked = flat.get(in.manager().create(rows));
      return new NDList(picked.reshape(joined(Arrays.copyOf(places, places.length - 1), rest)));
    };
  }

  static Kernel scatterElements(Node node, long opset) {
    requireReplacing(node);
    long axis = node.intAttribute("axis", 0);
    return in -> {
      NDArray x = in.array(0);
      int at = Axes.of(axis, x.getShape().dimension());
      NDArray index = fromStart(in.array(1), x.getShape().get(at));
      return new NDList(x.scatter(index, in.array(2), at));
    };
  }

  /** {@code ScatterND}: whole slices are replaced. */
  static Kernel scatterNd(Node node, long opset) {
    requireReplacing(node);
    return in -> {
      NDArray x = in.array(0);
      long[] shape = x.getShape().getShape();
      long[] places = in.array(1).getShape().getShape();
      int depth = (int) places[places.length - 1];
      long[] rows = rows(in, Arrays.copyOf(shape, depth), 0, depth);
      long[] rest = Arrays.copyOfRange(shape, depth, shape.length);
      NDArray flat = x.reshape(joined(new long[] {-1}, rest)).reshape(x.size() / volume(rest), -1);
      NDArray updates = in.array(2).reshape(rows.length, -1);
      NDArray index =
          in.manager().create(rows).reshape(rows.length, 1).broadcast(updates.getShape());
      return new NDList(flat.scatter(index, updates, 0).reshape(x.getShape()));
    };
  }

  private static void requireReplacing(Node node) {
    String reduction = node.stringAttribute("reduction", "none");
    Unsupported.unless(reduction.equals("none"), node, "the reduction " + reduction);
  }

  /**
   * The last axis of the index tensor as one number.
   *
   * @param extents of the axes that it indexes, the shared ones first
   */
  private static long[] rows(Operands in, long[] extents, int shared, int depth) {
    long[] given = in.integers(1);
    int count = given.length / depth;
    long batches = volume(Arrays.copyOf(extents, shared));
    long[] rows = new long[count];
    for (int i = 0; i < count; i++) {
      long row = i / (count / batches);
      for (int d = 0; d < depth; d++) {
        long extent = extents[shared + d];
        long index = given[i * depth + d];
        row = row * extent + (index < 0 ? index + extent : index);
      }
      rows[i] = row;
    }
    return rows;
  }

  private static NDArray fromStart(NDArray index, long extent) {
    return NDArrays.where(index.lt(0), index.add(extent), index);
  }

  private static long volume(long[] extents) {
    return Arrays.stream(extents).reduce(1, Math::multiplyExact);
  }

  private static Shape joined(long[] first, long[] second) {
    long[] shape = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, shape, first.length, second.length);
    return new Shape(shape);
  }
}
