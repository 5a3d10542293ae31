package io.rspar.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Some indices of some axes of a tensor, not copied yet.
 *
 * @param bytes elements of the whole tensor, row-major
 * @param shape shape of the whole tensor
 * @param indices {@code indices[axis]} are the indices taken, or null for all
 */
// Plain arrays: read in inner loops, never compared and never changed.
@SuppressWarnings("ArrayRecordComponent")
record Selection(ByteBuffer bytes, DataType type, Shape shape, int[][] indices) {
  static Selection all(ByteBuffer bytes, DataType type, Shape shape) {
    return new Selection(bytes, type, shape, new int[shape.rank()][]);
  }

  /** Of what is taken already, these indices along one axis. */
  Selection take(int axis, int[] taken) {
    int[] known = indices[axis];
    int[] composed = taken.clone();
    for (int i = 0; known != null && i < composed.length; i++) {
      composed[i] = known[composed[i]];
    }
    int[][] all = indices.clone();
    all[axis] = composed;
    return new Selection(bytes, type, shape, all);
  }

  /** The elements that are taken, row-major, in a buffer of their own. */
  ByteBuffer copy() {
    int last = shape.rank() - 1;
    while (last >= 0 && indices[last] == null) {
      last--;
    }
    long run = type.bytes();
    for (int axis = shape.rank() - 1; axis > last; axis--) {
      run *= shape.dim(axis);
    }
    long size = run;
    for (int axis = 0; axis <= last; axis++) {
      size = Math.multiplyExact(size, count(axis));
    }
    ByteBuffer copy = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
    copy(0, last, 0, Math.toIntExact(run), copy);
    return copy.flip();
  }

  private long count(int axis) {
    return indices[axis] == null ? shape.dim(axis) : indices[axis].length;
  }

  private void copy(int axis, int last, long offset, int run, ByteBuffer to) {
    if (axis > last) {
      // Absolute bulk reads: no object per run, and there may be one run per element.
      int at = to.position();
      to.put(at, bytes, Math.toIntExact(offset * run), run);
      to.position(at + run);
      return;
    }
    long extent = shape.dim(axis);
    long count = count(axis);
    for (int i = 0; i < count; i++) {
      long index = indices[axis] == null ? i : indices[axis][i];
      copy(axis + 1, last, offset * extent + index, run, to);
    }
  }
}
