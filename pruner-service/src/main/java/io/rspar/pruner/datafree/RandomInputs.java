package io.rspar.pruner.datafree;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.rspar.events.FailureReason;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.ValueInfo;
import io.rspar.kit.failure.WorkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Inputs that any model of their types accepts, drawn from a seed. */
final class RandomInputs {
  /** Bits of 1.0 as IEEE 754 binary16; a half with fewer mantissa bits lies between 0.5 and 1. */
  private static final int HALF_ONE = 0x3c00;

  private RandomInputs() {}

  /**
   * One tensor per input of the graph: floats from a normal distribution; integers 0 or 1, which
   * are token ids, segment ids and masks alike.
   *
   * @param shapes of the inputs that are declared with open axes, for one example
   * @throws WorkException INPUT_MISMATCH for an input of unknown shape or unusual type
   */
  static Map<String, OnnxTensor> draw(
      OrtEnvironment runtime, Graph graph, Map<String, Shape> shapes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    for (ValueInfo input : graph.inputs()) {
      Shape shape = shapes.getOrDefault(input.name(), input.shape());
      if (!shape.isRanked() || !shape.isStatic()) {
        throw refused(input, "shape " + shape);
      }
      try {
        inputs.put(input.name(), tensor(runtime, input, shape, random));
      } catch (OrtException e) {
        throw new IllegalStateException("a buffer of the right size was refused", e);
      }
    }
    return inputs;
  }

  private static OnnxTensor tensor(
      OrtEnvironment runtime, ValueInfo input, Shape shape, SplittableRandom random)
      throws OrtException {
    int elements = Math.toIntExact(shape.elements());
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(elements * input.type().bytes()).order(ByteOrder.nativeOrder());
    for (int i = 0; i < elements; i++) {
      switch (input.type()) {
        case FLOAT -> bytes.putFloat((float) random.nextGaussian());
        case DOUBLE -> bytes.putDouble(random.nextGaussian());
        case FLOAT16 -> bytes.putShort((short) (HALF_ONE - random.nextInt(1 << 10)));
        case INT64 -> bytes.putLong(random.nextInt(2));
        case INT32 -> bytes.putInt(random.nextInt(2));
        case BOOL, UINT8, INT8 -> bytes.put((byte) random.nextInt(2));
        default -> throw refused(input, "type " + input.type());
      }
    }
    return OnnxTensor.createTensor(runtime, bytes.flip(), shape.toArray(), javaType(input.type()));
  }

  private static OnnxJavaType javaType(DataType type) {
    return switch (type) {
      case DOUBLE -> OnnxJavaType.DOUBLE;
      case FLOAT16 -> OnnxJavaType.FLOAT16;
      case INT64 -> OnnxJavaType.INT64;
      case INT32 -> OnnxJavaType.INT32;
      case BOOL -> OnnxJavaType.BOOL;
      case UINT8 -> OnnxJavaType.UINT8;
      case INT8 -> OnnxJavaType.INT8;
      default -> OnnxJavaType.FLOAT;
    };
  }

  private static WorkException refused(ValueInfo input, String what) {
    return new WorkException(
        FailureReason.INPUT_MISMATCH,
        "Input '%s' of %s cannot be drawn at random".formatted(input.name(), what),
        "leave the comparison out (--no-verify) and test the result with real data");
  }
}
