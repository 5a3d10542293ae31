package io.rspar.pruner.datafree;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.rspar.events.FailureReason;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.shape.Shapes;
import io.rspar.kit.failure.WorkException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * Makes sure of a cut model file: it can be read again, its shapes fit, ONNX Runtime loads it, and
 * on random input it computes what the original computes with the removed channels masked.
 */
public final class CutCheck {
  /** Float32 sums in another order, over deep networks (relative to the largest output). */
  public static final double TOLERANCE = 1e-4;

  /** The same where numbers are stored with the 11 bits of float16 on the way. */
  public static final double TOLERANCE_OF_HALVES = 1e-2;

  private CutCheck() {}

  /**
   * Compares a file with the masked original, one after the other, so that only one of them is in
   * memory.
   *
   * @param masked file of the original graph with the removed channels masked
   * @param seed of the input
   * @return the largest difference over all outputs, relative to the largest output; empty if every
   *     output of the original is zero or not finite, so that a comparison says nothing
   * @throws WorkException INTERNAL_ERROR if the file is not what it should be; INPUT_MISMATCH if
   *     the original itself cannot be run on random input
   */
  public static OptionalDouble compare(Path cutFile, Path masked, long seed) {
    Graph cut = OnnxReader.read(cutFile);
    Shapes.inferOneExample(cut);
    OrtEnvironment runtime = environment();
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    try {
      Map<String, float[]> expected = runOriginal(runtime, masked, cut, seed, inputs);
      if (!saysAnything(expected)) {
        return OptionalDouble.empty();
      }
      double difference;
      try (OrtSession.SessionOptions options = options();
          OrtSession session = runtime.createSession(cutFile.toString(), options)) {
        difference = difference(expected, run(session, inputs));
      }
      if (!(difference <= tolerance(cut))) {
        throw defect(
            "its output differs from the masked original by %.2g (relative)".formatted(difference),
            null);
      }
      return OptionalDouble.of(difference);
    } catch (OrtException e) {
      throw defect("ONNX Runtime says: " + firstLine(e), e);
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  /**
   * Runs the masked original on the first random input that it accepts: what its subgraphs want of
   * open axes shows when they run.
   *
   * @param inputs takes that input
   */
  private static Map<String, float[]> runOriginal(
      OrtEnvironment runtime, Path masked, Graph cut, long seed, Map<String, OnnxTensor> inputs) {
    OrtException first = null;
    try (OrtSession.SessionOptions options = options();
        OrtSession session = runtime.createSession(masked.toString(), options)) {
      for (Map<String, Shape> shapes : Shapes.examples(cut)) {
        Map<String, OnnxTensor> drawn = RandomInputs.draw(runtime, cut, shapes, seed);
        try {
          Map<String, float[]> outputs = run(session, drawn);
          inputs.putAll(drawn);
          return outputs;
        } catch (OrtException e) {
          drawn.values().forEach(OnnxTensor::close);
          first = first == null ? e : first;
        }
      }
    } catch (OrtException e) {
      first = first == null ? e : first;
    }
    throw new WorkException(
        FailureReason.INPUT_MISMATCH,
        "The original cannot be run on random input: " + firstLine(first),
        "leave the comparison out (--no-verify) and test the result with real data",
        first);
  }

  /**
   * Loads a file as far as that needs no input.
   *
   * @throws WorkException INTERNAL_ERROR if it cannot be read, or ONNX Runtime refuses it
   */
  public static void load(Path cutFile) {
    Shapes.inferOneExample(OnnxReader.read(cutFile));
    try (OrtSession.SessionOptions options = options();
        OrtSession session = environment().createSession(cutFile.toString(), options)) {
      session.getNumInputs();
    } catch (OrtException e) {
      throw defect("ONNX Runtime says: " + firstLine(e), e);
    }
  }

  private static OrtEnvironment environment() {
    return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
  }

  private static double tolerance(Graph graph) {
    boolean halves =
        Stream.concat(
                graph.inputs().stream().map(ValueInfo::type),
                graph.initializers().values().stream().map(Tensor::type))
            .anyMatch(type -> type == DataType.FLOAT16 || type == DataType.BFLOAT16);
    return halves ? TOLERANCE_OF_HALVES : TOLERANCE;
  }

  private static OrtSession.SessionOptions options() throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    // What is fused around quantised values depends on their neighbours, and a fused node rounds to
    // other integers.
    options.addConfigEntry("session.disable_quant_qdq", "1");
    // Errors are thrown; what an input is refused for while others are tried need not be shown.
    options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
    return options;
  }

  private static Map<String, float[]> run(OrtSession session, Map<String, OnnxTensor> inputs)
      throws OrtException {
    Map<String, float[]> outputs = new LinkedHashMap<>();
    try (OrtSession.Result result = session.run(inputs)) {
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
