package io.rspar.graph;

import java.util.Arrays;

/** Element types of tensors that R-SPAR reads, with ONNX's {@code TensorProto.DataType} codes. */
public enum DataType {
  FLOAT(1, 4),
  UINT8(2, 1),
  INT8(3, 1),
  UINT16(4, 2),
  INT16(5, 2),
  INT32(6, 4),
  INT64(7, 8),
  BOOL(9, 1),
  FLOAT16(10, 2),
  DOUBLE(11, 8),
  UINT32(12, 4),
  UINT64(13, 8),
  BFLOAT16(16, 2);

  private final int onnxCode;
  private final int bytes;

  DataType(int onnxCode, int bytes) {
    this.onnxCode = onnxCode;
    this.bytes = bytes;
  }

  /** The code that ONNX stores. */
  public int onnxCode() {
    return onnxCode;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether elements are real numbers rather than integers or truth values. */
  public boolean isFloatingPoint() {
    return this == FLOAT || this == DOUBLE || this == FLOAT16 || this == BFLOAT16;
  }

  /** Whether the ONNX code is one of these types. */
  public static boolean isSupported(int code) {
    return Arrays.stream(values()).anyMatch(type -> type.onnxCode == code);
  }

  /**
   * The type with this ONNX code.
   *
   * @throws InvalidModelException if the code is none of these types (strings, complex numbers,
   *     sub-byte types)
   */
  public static DataType ofOnnxCode(int code) {
    for (DataType type : values()) {
      if (type.onnxCode == code) {
        return type;
      }
    }
    throw new InvalidModelException(
        InvalidModelException.Kind.UNSUPPORTED,
        "tensor element type with ONNX code " + code + " is not supported",
        "export the model with float32 weights");
  }
}
