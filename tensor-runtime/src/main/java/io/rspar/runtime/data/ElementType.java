package io.rspar.runtime.data;

import java.nio.ByteBuffer;

/** Element types of IDX and NumPy arrays. */
enum ElementType {
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  INT32(4),
  INT64(8),
  FLOAT32(4),
  FLOAT64(8);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  int bytes() {
    return bytes;
  }

  /** The i-th element of a buffer whose byte order is set. */
  double read(ByteBuffer buffer, int i) {
    return switch (this) {
      case UINT8 -> Byte.toUnsignedInt(buffer.get(i));
      case INT8 -> buffer.get(i);
      case UINT16 -> Short.toUnsignedInt(buffer.getShort(2 * i));
      case INT16 -> buffer.getShort(2 * i);
      case UINT32 -> Integer.toUnsignedLong(buffer.getInt(4 * i));
      case INT32 -> buffer.getInt(4 * i);
      case INT64 -> buffer.getLong(8 * i);
      case FLOAT32 -> buffer.getFloat(4 * i);
      case FLOAT64 -> buffer.getDouble(8 * i);
    };
  }
}
