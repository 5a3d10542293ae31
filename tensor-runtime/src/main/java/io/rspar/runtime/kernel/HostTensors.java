package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.graph.DataType;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Moves constant tensors between the graph and the engine. */
public final class HostTensors {
  private HostTensors() {}

  /** An array with the elements of a constant. Halves and doubles become float32. */
  public static NDArray upload(NDManager manager, Tensor tensor) {
    ai.djl.ndarray.types.Shape shape = new ai.djl.ndarray.types.Shape(tensor.shape().toArray());
    return switch (tensor.type()) {
      case FLOAT, DOUBLE, FLOAT16 -> Owned.copy(manager.create(tensor.toFloats(), shape));
      case BOOL -> {
        try (NDArray longs = manager.create(tensor.toLongs(), shape)) {
          yield longs.toType(ai.djl.ndarray.types.DataType.BOOLEAN, true);
        }
      }
      case INT64, INT32, INT16, INT8, UINT8, UINT16, UINT32 ->
          Owned.copy(manager.create(tensor.toLongs(), shape));
      case UINT64, BFLOAT16 ->
          throw new InvalidModelException(
              InvalidModelException.Kind.UNSUPPORTED,
              "a constant has element type " + tensor.type(),
              "export the model with float32 weights and int64 shapes");
    };
  }

  /** A float32 constant with the elements of an array. */
  public static Tensor download(NDArray array) {
    ByteBuffer bytes = array.toByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    copy.put(bytes).flip();
    return new Tensor(DataType.FLOAT, io.rspar.graph.Shape.of(array.getShape().getShape()), copy);
  }

  /** The engine's element type for an ONNX type code. */
  public static ai.djl.ndarray.types.DataType engineType(DataType type) {
    return switch (type) {
      case FLOAT, FLOAT16, BFLOAT16, DOUBLE -> ai.djl.ndarray.types.DataType.FLOAT32;
      case BOOL -> ai.djl.ndarray.types.DataType.BOOLEAN;
      case INT64, INT32, INT16, INT8, UINT8, UINT16, UINT32, UINT64 ->
          ai.djl.ndarray.types.DataType.INT64;
    };
  }
}
