package io.rspar.pruner.datafree;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.rspar.events.FailureReason;
import io.rspar.graph.Graph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.shape.Shapes;
import io.rspar.kit.failure.WorkException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Makes sure of a cut model file: it can be read again, its shapes fit, ONNX Runtime loads it, and
 * on random input it computes what the original computes with the removed channels masked.
 */
public final class CutCheck {
  /** Float32 sums in another order, over deep networks (relative to the largest output). */
  public static final double TOLERANCE = 1e-4;

  private CutCheck() {}

  /**
   * Checks a file against the masked original, one after the other, so that only one of them is in
   * memory.
   *
   * @param masked file of the original graph with the removed channels masked
   * @param seed of the input
   * @return the largest difference over all outputs, relative to the largest output
   * @throws WorkException INTERNAL_ERROR if the file is not what it should be; INPUT_MISMATCH if
   *     the original itself cannot be run on random input, or gives nothing that could differ
   */
  public static double check(Path cutFile, Path masked, long seed) {
    Graph cut = OnnxReader.read(cutFile);
    Shapes shapes = Shapes.inferOneExample(cut);
    OrtEnvironment runtime = environment();
    Map<String, OnnxTensor> inputs = RandomInputs.draw(runtime, cut, shapes, seed);
    try {
      Map<String, float[]> expected;
      try {
        expected = run(runtime, masked, inputs);
      } catch (OrtException e) {
        throw new WorkException(
            FailureReason.INPUT_MISMATCH,
            "The original cannot be run on random input: " + firstLine(e),
            "leave the comparison out (--no-verify) and test the result with real data",
            e);
      }
      if (!saysAnything(expected)) {
        throw new WorkException(
            FailureReason.INPUT_MISMATCH,
            "Every output of the original is zero or not finite on random input, so the comparison"
                + " says nothing",
            "train the model first, or leave the comparison out (--no-verify) and test the result"
                + " with real data");
      }
      double difference = difference(expected, run(runtime, cutFile, inputs));
      if (!(difference <= TOLERANCE)) {
        throw defect(
            "its output differs from the masked original by %.2g (relative)".formatted(difference),
            null);
      }
      return difference;
    } catch (OrtException e) {
      throw defect("ONNX Runtime says: " + firstLine(e), e);
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  /**
   * Loads a file as far as that needs no input.
   *
   * @throws WorkException INTERNAL_ERROR if it cannot be read, or ONNX Runtime refuses it
   */
  public static void load(Path cutFile) {
    Shapes.inferOneExample(OnnxReader.read(cutFile));
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtSession session = environment().createSession(cutFile.toString(), options)) {
      session.getNumInputs();
    } catch (OrtException e) {
      throw defect("ONNX Runtime says: " + firstLine(e), e);
    }
  }

  private static OrtEnvironment environment() {
    return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
  }

  private static Map<String, float[]> run(
      OrtEnvironment runtime, Path model, Map<String, OnnxTensor> inputs) throws OrtException {
    Map<String, float[]> outputs = new LinkedHashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtSession session = runtime.createSession(model.toString(), options);
        OrtSession.Result result = session.run(inputs)) {
      for (Map.Entry<String, OnnxValue> output : result) {
        outputs.put(output.getKey(), floats(output.getValue()));
      }
    }
    return outputs;
  }

  private static float[] floats(OnnxValue value) {
    FloatBuffer buffer = value instanceof OnnxTensor tensor ? tensor.getFloatBuffer() : null;
    float[] floats = new float[buffer == null ? 0 : buffer.remaining()];
    if (buffer != null) {
      buffer.get(floats);
    }
    return floats;
  }

  /** A head that was initialised with zeros hides every mistake before it. */
  private static boolean saysAnything(Map<String, float[]> outputs) {
    for (float[] output : outputs.values()) {
      for (float value : output) {
        if (value != 0 && Float.isFinite(value)) {
          return true;
        }
      }
    }
    return false;
  }

  private static double difference(Map<String, float[]> expected, Map<String, float[]> actual) {
    double largest = 0;
    double largestDifference = 0;
    for (Map.Entry<String, float[]> output : expected.entrySet()) {
      float[] wanted = output.getValue();
      float[] got = actual.get(output.getKey());
      if (got == null || wanted.length != got.length) {
        return Double.POSITIVE_INFINITY;
      }
      for (int i = 0; i < wanted.length; i++) {
        if (Float.compare(wanted[i], got[i]) == 0) {
          // Also where the original itself is infinite or not a number.
          largest = Float.isFinite(wanted[i]) ? Math.max(largest, Math.abs(wanted[i])) : largest;
          continue;
        }
        largest = Math.max(largest, Math.abs(wanted[i]));
        double apart = Math.abs((double) wanted[i] - got[i]);
        // NaN must not pass for small.
        largestDifference = apart <= largestDifference ? largestDifference : apart;
      }
    }
    return largest == 0 ? largestDifference : largestDifference / largest;
  }

  private static WorkException defect(String message, Exception cause) {
    return new WorkException(
        FailureReason.INTERNAL_ERROR,
        "The cut model is wrong: " + message,
        "do not use it; report it with the model: it is a defect of R-SPAR",
        cause);
  }

  private static String firstLine(OrtException e) {
    return e.getMessage().lines().findFirst().orElse("");
  }
}
