package io.rspar.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * A constant tensor: element type, shape and the elements in row-major order, little-endian. The
 * bytes may be a memory-mapped file, so that weights beyond the heap can be carried; they are never
 * changed. Indices taken from a mapped tensor stay in the file until their bytes are asked for.
 */
public final class Tensor {
  private final DataType type;
  private final Shape shape;
  private final Selection elements;

  /**
   * A tensor over these bytes, which must not change afterwards.
   *
   * @param bytes elements in row-major order, little-endian, from position to limit
   * @throws InvalidModelException if the bytes are not as many as the shape says
   */
  public Tensor(DataType type, Shape shape, ByteBuffer bytes) {
    this.type = Objects.requireNonNull(type);
    this.shape = Objects.requireNonNull(shape);
    ByteBuffer own = bytes.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    this.elements = Selection.all(own, type, shape);
    if (byteCount() != own.remaining()) {
      throw new InvalidModelException(
          InvalidModelException.Kind.MALFORMED,
          "a tensor of shape "
              + shape
              + " and type "
              + type
              + " needs "
              + byteCount()
              + " bytes but holds "
              + own.remaining(),
          "export the model again: the file is damaged");
    }
  }

  private Tensor(DataType type, Shape shape, Selection elements) {
    this.type = type;
    this.shape = shape;
    this.elements = elements;
  }

  public static Tensor ofFloats(Shape shape, float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return new Tensor(DataType.FLOAT, shape, buffer);
  }

  public static Tensor ofLongs(Shape shape, long... values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asLongBuffer().put(values);
    return new Tensor(DataType.INT64, shape, buffer);
  }

  public DataType type() {
    return type;
  }

  public Shape shape() {
    return shape;
  }

  /**
   * The elements, row-major, little-endian: a fresh read-only view, or a copy where the tensor is a
   * part of a mapped one.
   */
  public ByteBuffer bytes() {
    return (isWhole() ? elements.bytes().duplicate() : elements.copy().asReadOnlyBuffer())
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private boolean isWhole() {
    return Arrays.stream(elements.indices()).allMatch(Objects::isNull);
  }

  /** Size of all elements in bytes. */
  public long byteCount() {
    return Math.multiplyExact(shape.elements(), (long) type.bytes());
  }

  /** Number of elements. */
  public int elements() {
    return Math.toIntExact(shape.elements());
  }

  /**
   * All elements as float32, row-major.
   *
   * @throws IllegalStateException if the element type is not FLOAT, DOUBLE or FLOAT16
   */
  public float[] toFloats() {
    float[] values = new float[elements()];
    ByteBuffer view = bytes();
    switch (type) {
      case FLOAT -> view.asFloatBuffer().get(values);
      case DOUBLE -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) view.getDouble(i * 8);
        }
      }
      case FLOAT16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = halfToFloat(view.getShort(i * 2));
        }
      }
      default -> throw new IllegalStateException(type + " is not a floating-point type read here");
    }
    return values;
  }

  /**
   * All elements as 64-bit integers, row-major.
   *
   * @throws IllegalStateException if the element type is not an integer or BOOL
   */
  public long[] toLongs() {
    long[] values = new long[elements()];
    ByteBuffer view = bytes();
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case INT64, UINT64 -> view.getLong(i * 8);
            case INT32 -> view.getInt(i * 4);
            case UINT32 -> Integer.toUnsignedLong(view.getInt(i * 4));
            case INT16 -> view.getShort(i * 2);
            case UINT16 -> Short.toUnsignedLong(view.getShort(i * 2));
            case INT8 -> view.get(i);
            case UINT8, BOOL -> Byte.toUnsignedLong(view.get(i));
            default -> throw new IllegalStateException(type + " is not an integer type");
          };
    }
    return values;
  }

  /**
   * The elements at some indices of one axis, in the order given; an index may occur repeatedly.
   *
   * @param axis from 0
   * @param indices each from 0 to the axis's extent − 1
   */
  public Tensor take(int axis, int[] indices) {
    for (int index : indices) {
      Objects.checkIndex(index, shape.dim(axis));
    }
    Shape taken = shape.withDim(axis, indices.length);
    Selection selection = elements.take(axis, indices);
    return selection.bytes().isDirect()
        ? new Tensor(type, taken, selection)
        : new Tensor(type, taken, selection.copy());
  }

  /** The same elements in another shape of equal size. */
  public Tensor reshaped(Shape other) {
    return new Tensor(type, other, bytes());
  }

  /** IEEE 754 binary16 to binary32 (Java has {@code Float.float16ToFloat} only from 20 on). */
  static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >>> 10) & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0) {
      float value = mantissa * 0x1p-24f;
      return sign != 0 ? -value : value;
    }
    int bits = exponent == 31 ? 0x7f800000 : (exponent + 112) << 23;
    return Float.intBitsToFloat(sign | bits | mantissa << 13);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor that
        && type == that.type
        && shape.equals(that.shape)
        && bytes().equals(that.bytes());
  }

  @Override
  public int hashCode() {
    return Objects.hash(type, shape);
  }

  @Override
  public String toString() {
    return type + " " + shape;
  }
}
