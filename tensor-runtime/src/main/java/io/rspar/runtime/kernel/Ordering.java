package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;

/** Operators that depend on the order of elements along an axis. */
final class Ordering {
  private Ordering() {}

  /** {@code ArgMax}, {@code ArgMin}: the first, or on demand the last, of the extreme elements. */
  static KernelFactory argExtreme(boolean largest) {
    return (node, opset) -> {
      long axis = node.intAttribute("axis", 0);
      boolean keep = node.intAttribute("keepdims", 1) != 0;
      boolean last = node.intAttribute("select_last_index", 0) != 0;
      return in -> {
        NDArray x = in.array(0);
        int at = Axes.of(axis, x.getShape().dimension());
        NDArray seen = last ? x.flip(at) : x;
        NDArray index = largest ? seen.argMax(at) : seen.argMin(at);
        if (last) {
          index = index.getNDArrayInternal().rsub(x.getShape().get(at) - 1);
        }
        return new NDList(keep ? index.expandDims(at) : index);
      };
    };
  }

  /** {@code TopK}: values and indices, sorted. */
  static Kernel topK(Node node, long opset) {
    long axis = node.intAttribute("axis", -1);
    boolean largest = node.intAttribute("largest", 1) != 0;
    return in -> {
      NDArray x = in.array(0);
      long k = node.attributes().containsKey("k") ? node.intAttribute("k", 0) : in.integers(1)[0];
      return x.topK((int) k, Axes.of(axis, x.getShape().dimension()), largest, true);
    };
  }

  /** {@code CumSum}, on demand without the element itself, on demand from the end. */
  static Kernel cumSum(Node node, long opset) {
    boolean exclusive = node.intAttribute("exclusive", 0) != 0;
    boolean reverse = node.intAttribute("reverse", 0) != 0;
    return in -> {
      NDArray x = in.array(0);
      int axis = Axes.of(in.integers(1)[0], x.getShape().dimension());
      NDArray seen = reverse ? x.flip(axis) : x;
      NDArray sums = seen.cumSum(axis);
      if (exclusive) {
        sums = sums.sub(seen);
      }
      return new NDList(reverse ? sums.flip(axis) : sums);
    };
  }

  /** {@code Trilu}: one side of a diagonal stays, the other becomes 0, whatever stood there. */
  static Kernel trilu(Node node, long opset) {
    boolean upper = node.intAttribute("upper", 1) != 0;
    return in -> {
      NDArray x = in.array(0);
      long diagonal = in.has(1) ? in.integers(1)[0] : 0;
      int rank = x.getShape().dimension();
      int rows = (int) x.getShape().get(rank - 2);
      int columns = (int) x.getShape().get(rank - 1);
      boolean[] stays = new boolean[rows * columns];
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          stays[r * columns + c] = upper ? c - r >= diagonal : c - r <= diagonal;
        }
      }
      NDArray mask = in.manager().create(stays).reshape(rows, columns);
      return new NDList(NDArrays.where(mask.broadcast(x.getShape()), x, x.zerosLike()));
    };
  }

  /** {@code OneHot}: between two given values. */
  static Kernel oneHot(Node node, long opset) {
    long axis = node.intAttribute("axis", -1);
    return in -> {
      NDArray given = in.array(0).toType(DataType.INT64, true);
      long depth = in.integers(1)[0];
      NDArray indices = NDArrays.where(given.lt(0), given.add(depth), given);
      NDArray hot = oneHot(indices, Axes.of(axis, given.getShape().dimension() + 1), depth);
      NDArray values = in.array(2);
      NDArray off = values.get(0);
      NDArray scaled = hot.mul(values.get(1).sub(off)).add(off);
      return new NDList(
          values.getDataType().isInteger() ? scaled.toType(DataType.INT64, false) : scaled);
    };
  }

  /**
   * 1 at the index, 0 elsewhere, along a new axis.
   *
   * @param indices int64
   * @return float32
   */
  static NDArray oneHot(NDArray indices, int axis, long depth) {
    NDArray counted =
        indices
            .getManager()
            .arange(0, (int) depth, 1, DataType.INT64)
            .reshape(Axes.along(axis, indices.getShape().dimension() + 1, depth));
    return indices.expandDims(axis).eq(counted).toType(DataType.FLOAT32, true);
  }

  /** {@code Range}: from a start below a limit, by steps. */
  static Kernel range(Node node, long opset) {
    return in -> {
      if (in.isInteger(0)) {
        long start = in.integers(0)[0];
        long step = in.integers(2)[0];
        long count = Math.max(0, -Math.floorDiv(start - in.integers(1)[0], step));
        long[] values = new long[(int) count];
        java.util.Arrays.setAll(values, i -> start + i * step);
        return new NDList(in.manager().create(values, new Shape(count)));
      }
      float start = in.scalar(0, 0);
      float step = in.scalar(2, 1);
      int count = (int) Math.max(0, Math.ceil((in.scalar(1, 0) - start) / (double) step));
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = start + i * step;
      }
      return new NDList(in.manager().create(values, new Shape(count)));
    };
  }
}
