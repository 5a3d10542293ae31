package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Computes small values while a graph is read: the arithmetic on shapes that exporters leave in the
 * model. Bigger values are left to the run time.
 */
final class Fold {
  /** Far more than any shape arithmetic needs, far less than a weight. */
  static final int MAX_ELEMENTS = 1 << 16;

  private Fold() {}

  /** Whether the value is small enough to be computed here. */
  static boolean isSmall(Tensor tensor) {
    return tensor.shape().elements() <= MAX_ELEMENTS;
  }

  /** The values, if all are known and small. */
  static Optional<List<Tensor>> all(List<ValueFacts> facts) {
    return facts.stream().allMatch(f -> f.value().filter(Fold::isSmall).isPresent())
        ? Optional.of(facts.stream().map(f -> f.value().orElseThrow()).toList())
        : Optional.empty();
  }

  static Tensor ofLongs(DataType type, Shape shape, long[] values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      switch (type) {
        case INT64, UINT64 -> buffer.putLong(value);
        case INT32, UINT32 -> buffer.putInt((int) value);
        case INT16, UINT16 -> buffer.putShort((short) value);
        case INT8, UINT8 -> buffer.put((byte) value);
        case BOOL -> buffer.put((byte) (value != 0 ? 1 : 0));
        case FLOAT -> buffer.putFloat((float) value);
        case DOUBLE -> buffer.putDouble((double) value);
        case FLOAT16, BFLOAT16 -> throw new IllegalArgumentException(type + " is not folded");
      }
    }
    return new Tensor(type, shape, buffer.flip());
  }

  static Tensor ofDoubles(DataType type, Shape shape, double[] values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      if (type == DataType.DOUBLE) {
        buffer.putDouble(value);
      } else {
        buffer.putFloat((float) value);
      }
    }
    return new Tensor(type, shape, buffer.flip());
  }

  /** Whether elements of the type can be computed here; half precision is only carried. */
  static boolean isComputable(DataType type) {
    return type != DataType.FLOAT16 && type != DataType.BFLOAT16;
  }

  static double[] doubles(Tensor tensor) {
    double[] values = new double[tensor.elements()];
    if (tensor.type() == DataType.DOUBLE) {
      ByteBuffer view = tensor.bytes();
      for (int i = 0; i < values.length; i++) {
        values[i] = view.getDouble(i * 8);
      }
    } else if (tensor.type() == DataType.FLOAT) {
      float[] floats = tensor.toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] = floats[i];
      }
    } else {
      long[] longs = tensor.toLongs();
      for (int i = 0; i < values.length; i++) {
        values[i] = longs[i];
      }
    }
    return values;
  }

  /** Copies elements: the i-th of the result is element {@code source[i]} of the tensor. */
  static Tensor pick(Tensor tensor, Shape shape, int[] source) {
    return tensor.reshaped(Shape.of(tensor.elements())).take(0, source).reshaped(shape);
  }

  /** For each element of a broadcast result, the flat index of the operand's element. */
  static int[] broadcastIndex(Shape from, Shape to) {
    int[] index = new int[Math.toIntExact(to.elements())];
    for (int i = 0; i < index.length; i++) {
      long rest = i;
      long stride = 1;
      long source = 0;
      for (int axis = to.rank() - 1; axis >= 0; axis--) {
        long position = rest % to.dim(axis);
        rest /= to.dim(axis);
        int own = axis - (to.rank() - from.rank());
        if (own >= 0) {
          source += from.dim(own) == 1 ? 0 : position * stride;
          stride *= from.dim(own);
        }
      }
      index[i] = (int) source;
    }
    return index;
  }

  static Tensor transpose(Tensor tensor, int[] permutation, Shape to) {
    Shape from = tensor.shape();
    long[] strides = new long[from.rank()];
    long stride = 1;
    for (int axis = from.rank() - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= from.dim(axis);
    }
    int[] source = new int[tensor.elements()];
    for (int i = 0; i < source.length; i++) {
      long rest = i;
      long position = 0;
      for (int axis = to.rank() - 1; axis >= 0; axis--) {
        position += rest % to.dim(axis) * strides[permutation[axis]];
        rest /= to.dim(axis);
      }
      source[i] = (int) position;
    }
    return pick(tensor, to, source);
  }

  static Tensor concat(List<Tensor> tensors, int axis, Shape to) {
    long outer = 1;
    for (int i = 0; i < axis; i++) {
      outer *= to.dim(i);
    }
    DataType type = tensors.get(0).type();
    ByteBuffer joined =
        ByteBuffer.allocate(Math.toIntExact(to.elements() * type.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int o = 0; o < outer; o++) {
      for (Tensor tensor : tensors) {
        int run = Math.toIntExact(tensor.bytes().remaining() / outer);
        joined.put(tensor.bytes().slice(o * run, run));
      }
    }
    return new Tensor(type, to, joined.flip());
  }

  static int[] range(int from, int count, int step) {
    int[] values = new int[count];
    Arrays.setAll(values, i -> from + i * step);
    return values;
  }
}
