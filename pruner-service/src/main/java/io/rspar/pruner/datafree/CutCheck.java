package io.rspar.pruner.datafree;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.rspar.events.FailureReason;
import io.rspar.graph.Graph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.shape.Shapes;
import io.rspar.kit.failure.WorkException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * Makes sure of a cut model file: it can be read again, its shapes fit, ONNX Runtime loads it, and
 * on random input it computes what the original computes with the removed channels zeroed.
 */
public final class CutCheck {
  /** Float32 sums in another order, over deep networks (relative to the largest output). */
  private static final double TOLERANCE = 1e-4;

  /** Extent of an open axis other than the batch: long enough for any window. */
  private static final long OPEN_EXTENT = 64;

  private CutCheck() {}

  /**
   * Checks a file.
   *
   * @param masked the original graph with the removed channels zeroed
   * @return the largest difference over all outputs, relative to the largest output
   * @throws WorkException INTERNAL_ERROR if the file is not what it should be
   */
  public static double check(Path cutFile, Graph masked, long seed) {
    Graph cut = OnnxReader.read(cutFile);
    Shapes.inferOneExample(cut);
    OrtEnvironment runtime = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtSession pruned = runtime.createSession(cutFile.toString(), options);
        OrtSession original = runtime.createSession(OnnxWriter.toBytes(masked), options)) {
      Map<String, OnnxTensor> inputs = inputs(runtime, original, seed);
      try (OrtSession.Result expected = original.run(inputs);
          OrtSession.Result actual = pruned.run(inputs)) {
        double difference = difference(expected, actual);
        if (!(difference <= TOLERANCE)) {
          throw defect(
              "its output differs from the masked original by %.2g (relative)"
                  .formatted(difference),
              null);
        }
        return difference;
      } finally {
        inputs.values().forEach(OnnxTensor::close);
      }
    } catch (OrtException e) {
      throw defect("ONNX Runtime says: " + e.getMessage(), e);
    }
  }

  private static WorkException defect(String message, Exception cause) {
    return new WorkException(
        FailureReason.INTERNAL_ERROR,
        "The cut model is wrong: " + message,
        "do not use it; report it with the model: it is a defect of R-SPAR",
        cause);
  }

  private static Map<String, OnnxTensor> inputs(
      OrtEnvironment runtime, OrtSession session, long seed) throws OrtException {
    Random random = new Random(seed);
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    for (NodeInfo input : session.getInputInfo().values()) {
      TensorInfo info = (TensorInfo) input.getInfo();
      long[] shape = info.getShape().clone();
      long elements = 1;
      for (int axis = 0; axis < shape.length; axis++) {
        if (shape[axis] < 0) {
          shape[axis] = axis == 0 ? 1 : OPEN_EXTENT;
        }
        elements = Math.multiplyExact(elements, shape[axis]);
      }
      inputs.put(input.getName(), tensor(runtime, info, shape, (int) elements, random));
    }
    return inputs;
  }

  private static OnnxTensor tensor(
      OrtEnvironment runtime, TensorInfo info, long[] shape, int elements, Random random)
      throws OrtException {
    switch (info.type) {
      case FLOAT -> {
        float[] values = new float[elements];
        for (int i = 0; i < elements; i++) {
          values[i] = (float) random.nextGaussian();
        }
        return OnnxTensor.createTensor(runtime, FloatBuffer.wrap(values), shape);
      }
      case INT64 -> {
        // Token ids and masks: 0 and 1 are valid in both.
        long[] values = random.longs(elements, 0, 2).toArray();
        return OnnxTensor.createTensor(runtime, LongBuffer.wrap(values), shape);
      }
      default ->
          throw new WorkException(
              FailureReason.INPUT_MISMATCH,
              "Inputs of type %s cannot be drawn at random".formatted(info.type),
              "use a model with float32 or int64 inputs");
    }
  }

  private static double difference(OrtSession.Result expected, OrtSession.Result actual) {
    double largest = 0;
    double largestDifference = 0;
    for (Map.Entry<String, OnnxValue> output : expected) {
      FloatBuffer wanted = floats(output.getValue());
      FloatBuffer got = floats(actual.get(output.getKey()).orElseThrow());
      if (wanted.remaining() != got.remaining()) {
        return Double.POSITIVE_INFINITY;
      }
      while (wanted.hasRemaining()) {
        double value = wanted.get();
        largest = Math.max(largest, Math.abs(value));
        double apart = Math.abs(value - got.get());
        // NaN must not pass for small.
        largestDifference = apart <= largestDifference ? largestDifference : apart;
      }
    }
    return largest == 0 ? largestDifference : largestDifference / largest;
  }

  private static FloatBuffer floats(OnnxValue value) {
    FloatBuffer floats = value instanceof OnnxTensor tensor ? tensor.getFloatBuffer() : null;
    return floats == null ? FloatBuffer.allocate(0) : floats;
  }
}
