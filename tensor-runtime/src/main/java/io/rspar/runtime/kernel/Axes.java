package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** Axis arithmetic shared by operators: negative axes, and axes as attribute or as input. */
public final class Axes {
  private Axes() {}

  /** An axis counted from the first. */
  static int of(long axis, int rank) {
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /**
   * Axes that older operator sets give as an attribute and newer ones as an input.
   *
   * @param input index of the input
   */
  static Optional<long[]> attributeOrInput(Node node, Operands in, String attribute, int input) {
    Optional<long[]> given = node.intsAttribute(attribute);
    return given.isPresent() ? given : in.optionalIntegers(input);
  }

  /** Axes counted from the first, ascending. */
  static int[] normalized(long[] axes, int rank) {
    return Arrays.stream(axes).mapToInt(a -> of(a, rank)).sorted().distinct().toArray();
  }

  /** A new handle on the same elements. */
  static NDArray alias(NDArray array) {
    return array.reshape(array.getShape());
  }

  /** Elements {@code start, start + step, …} below {@code end} of one axis; step above 0. */
  static NDArray stride(NDArray array, int axis, long start, long end, long step) {
    NDIndex index = new NDIndex();
    for (int i = 0; i < axis; i++) {
      index.addAllDim();
    }
    return array.get(index.addSliceDim(start, end, step).addEllipseDim());
  }

  /** The elements of one axis with these indices, in this order. */
  public static NDArray pick(NDArray array, int axis, long[] indices) {
    int rank = array.getShape().dimension();
    // The engine picks along the first axis; swapping is a view.
    int[] swap = IntStream.range(0, rank).toArray();
    swap[0] = axis;
    swap[axis] = 0;
    NDArray first = axis == 0 ? array : array.transpose(swap);
    NDArray picked = first.get(Owned.copy(array.getManager().create(indices)));
    return axis == 0 ? picked : picked.transpose(swap);
  }

  /** What arrays broadcast to, as NumPy does. */
  static Shape common(NDArray... arrays) {
    int rank = Arrays.stream(arrays).mapToInt(a -> a.getShape().dimension()).max().orElse(0);
    long[] result = new long[rank];
    Arrays.fill(result, 1);
    for (NDArray array : arrays) {
      long[] shape = array.getShape().getShape();
      for (int i = 0; i < shape.length; i++) {
        int at = rank - shape.length + i;
        result[at] = result[at] == 1 ? shape[i] : result[at];
      }
    }
    return new Shape(result);
  }

  /** One axis moved to another place. */
  static NDArray move(NDArray array, int from, int to) {
    int rank = array.getShape().dimension();
    if (from == to) {
      return alias(array);
    }
    int[] order = new int[rank];
    int next = 0;
    for (int i = 0; i < rank; i++) {
      if (i == to) {
        order[i] = from;
      } else {
        next += next == from ? 1 : 0;
        order[i] = next++;
      }
    }
    return array.transpose(order);
  }

  /** Extents with 1 everywhere but on one axis: what a vector along it broadcasts from. */
  static Shape along(int axis, int rank, long extent) {
    long[] shape = new long[rank];
    Arrays.fill(shape, 1);
    shape[axis] = extent;
    return new Shape(shape);
  }

  /** {@code extents} with one axis replaced by several. */
  static Shape splice(long[] extents, int axis, long... replacement) {
    return new Shape(spliced(extents, axis, replacement));
  }

  private static long[] spliced(long[] extents, int axis, long... replacement) {
    long[] result = new long[extents.length - 1 + replacement.length];
    System.arraycopy(extents, 0, result, 0, axis);
    System.arraycopy(replacement, 0, result, axis, replacement.length);
    System.arraycopy(
        extents, axis + 1, result, axis + replacement.length, extents.length - axis - 1);
    return result;
  }
}
