package io.rspar.graph.onnx;

import static io.rspar.graph.InvalidModelException.Kind.MALFORMED;
import static io.rspar.graph.InvalidModelException.Kind.TOO_LARGE;

import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.UnsafeByteOperations;
import io.rspar.graph.DataType;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/** {@code TensorProto} to {@link Tensor} and back. */
final class TensorCodec {
  private final ExternalData external;
  private final OnnxLimits limits;
  private long expandedBytes;

  TensorCodec(ExternalData external, OnnxLimits limits) {
    this.external = external;
    this.limits = limits;
  }

  Tensor decode(TensorProto proto) {
    try {
      DataType type = DataType.ofOnnxCode(proto.getDataType());
      Shape shape = shape(proto);
      long bytes = Math.multiplyExact(shape.elements(), (long) type.bytes());
      if (bytes > Integer.MAX_VALUE) {
        throw new InvalidModelException(
            TOO_LARGE, shape + " elements do not fit in 2 GiB", "split the tensor");
      }
      ByteBuffer data =
          proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL
              ? external.read(proto, bytes)
              : proto.hasRawData()
                  ? proto.getRawData().asReadOnlyByteBuffer()
                  : typedData(proto, type, Math.toIntExact(shape.elements()));
      return new Tensor(type, shape, data);
    } catch (InvalidModelException e) {
      throw new InvalidModelException(
          e.kind(), "tensor '" + proto.getName() + "': " + e.getMessage(), e.remedy(), e);
    } catch (ArithmeticException e) {
      throw new InvalidModelException(
          MALFORMED,
          "tensor '" + proto.getName() + "': the extents " + proto.getDimsList() + " overflow",
          "export the model again: the file is damaged",
          e);
    }
  }

  /** A sparse tensor as a dense one: values at flat indices, or at one index per axis. */
  Tensor decode(SparseTensorProto proto) {
    Tensor values = decode(proto.getValues());
    long[] indices = decode(proto.getIndices()).toLongs();
    TensorProto dense =
        TensorProto.newBuilder()
            .setName(proto.getValues().getName())
            .setDataType(values.type().onnxCode())
            .addAllDims(proto.getDimsList())
            .build();
    Shape shape = shape(dense);
    int rank = proto.getIndices().getDimsCount() == 2 ? shape.rank() : 1;
    if (indices.length != (long) values.elements() * rank) {
      throw malformed(dense, indices.length + " indices for " + values.elements() + " values");
    }
    int size = values.type().bytes();
    try {
      int bytes = Math.toIntExact(Math.multiplyExact(shape.elements(), (long) size));
      requireRoom(dense, bytes);
      ByteBuffer elements = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < values.elements(); i++) {
        long at = rank == 1 ? indices[i] : flat(shape, indices, i * rank);
        elements.put(Math.toIntExact(at * size), values.bytes(), i * size, size);
      }
      return new Tensor(values.type(), shape, elements);
    } catch (ArithmeticException | IndexOutOfBoundsException e) {
      throw malformed(dense, "an index lies outside of " + shape + ", or it is too large");
    }
  }

  private void requireRoom(TensorProto tensor, int bytes) {
    expandedBytes += bytes;
    if (expandedBytes > limits.maxExpandedBytes()) {
      throw new InvalidModelException(
          TOO_LARGE,
          "sparse tensor '%s': with it, sparse tensors grow to %d bytes, at most %d are read"
              .formatted(tensor.getName(), expandedBytes, limits.maxExpandedBytes()),
          "store the weights densely");
    }
  }

  private static long flat(Shape shape, long[] indices, int from) {
    long at = 0;
    for (int axis = 0; axis < shape.rank(); axis++) {
      at = at * shape.dim(axis) + Objects.checkIndex(indices[from + axis], shape.dim(axis));
    }
    return at;
  }

  private static InvalidModelException malformed(TensorProto tensor, String what) {
    return new InvalidModelException(
        MALFORMED,
        "sparse tensor '" + tensor.getName() + "': " + what,
        "export the model again: the file is damaged");
  }

  private Shape shape(TensorProto proto) {
    if (proto.getDimsCount() > limits.maxRank()) {
      throw new InvalidModelException(
          TOO_LARGE,
          proto.getDimsCount() + " axes, at most " + limits.maxRank() + " are read",
          "reshape the tensor");
    }
    for (long dim : proto.getDimsList()) {
      if (dim < 0) {
        throw new InvalidModelException(
            MALFORMED, "negative extent in " + proto.getDimsList(), "export the model again");
      }
    }
    return Shape.of(proto.getDimsList());
  }

  /** The elements from the field of their type, where a small element shares a wider field. */
  private static ByteBuffer typedData(TensorProto proto, DataType type, int elements) {
    int present =
        switch (type) {
          case FLOAT -> proto.getFloatDataCount();
          case DOUBLE -> proto.getDoubleDataCount();
          case INT64 -> proto.getInt64DataCount();
          case UINT32, UINT64 -> proto.getUint64DataCount();
          default -> proto.getInt32DataCount();
        };
    if (present != elements) {
      throw new InvalidModelException(
          MALFORMED,
          "the shape "
              + proto.getDimsList()
              + " needs "
              + elements
              + " elements, "
              + present
              + " are given",
          "export the model again: the file is damaged");
    }
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.multiplyExact(elements, type.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < elements; i++) {
      switch (type) {
        case FLOAT -> buffer.putFloat(proto.getFloatData(i));
        case DOUBLE -> buffer.putDouble(proto.getDoubleData(i));
        case INT64 -> buffer.putLong(proto.getInt64Data(i));
        case UINT64 -> buffer.putLong(proto.getUint64Data(i));
        case UINT32 -> buffer.putInt((int) proto.getUint64Data(i));
        case INT32 -> buffer.putInt(proto.getInt32Data(i));
        case INT16, UINT16, FLOAT16, BFLOAT16 -> buffer.putShort((short) proto.getInt32Data(i));
        case INT8, UINT8, BOOL -> buffer.put((byte) proto.getInt32Data(i));
      }
    }
    return buffer.flip();
  }

  static TensorProto.Builder encode(String name, Tensor tensor) {
    return encodeHeader(name, tensor).setRawData(UnsafeByteOperations.unsafeWrap(tensor.bytes()));
  }

  /** The tensor without its elements. */
  static TensorProto.Builder encodeHeader(String name, Tensor tensor) {
    TensorProto.Builder builder =
        TensorProto.newBuilder().setName(name).setDataType(tensor.type().onnxCode());
    for (long dim : tensor.shape().toArray()) {
      builder.addDims(dim);
    }
    return builder;
  }
}
