package io.rspar.graph.testing;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.onnx.OnnxWriter;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Runs graphs in ONNX Runtime, the oracle of what a model computes. */
public final class OnnxRuntime {
  private OnnxRuntime() {}

  /** All float outputs of the graph, flattened, for inputs drawn from this seed. */
  public static Map<String, float[]> run(Graph graph, long seed) {
    return run(OnnxWriter.toBytes(graph), graph, seed);
  }

  /** Shape of every output for inputs drawn from this seed. */
  public static Map<String, Shape> shapes(Graph graph, long seed) {
    try (OrtSession.SessionOptions options = options();
        OrtSession session = environment().createSession(OnnxWriter.toBytes(graph), options)) {
      Map<String, OnnxTensor> inputs = inputs(graph, seed);
      try (OrtSession.Result result = session.run(inputs)) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (Map.Entry<String, ai.onnxruntime.OnnxValue> entry : result) {
          shapes.put(
              entry.getKey(), Shape.of(((OnnxTensor) entry.getValue()).getInfo().getShape()));
        }
        return shapes;
      } finally {
        inputs.values().forEach(OnnxTensor::close);
      }
    } catch (OrtException e) {
      throw new AssertionError("ONNX Runtime refused the model: " + e.getMessage(), e);
    }
  }

  /** As {@link #run(Graph, long)}, but through the model file. */
  public static Map<String, float[]> run(Path file, Graph signature, long seed) {
    try (OrtSession.SessionOptions options = options();
        OrtSession session = environment().createSession(file.toString(), options)) {
      return run(session, signature, seed);
    } catch (OrtException e) {
      throw new AssertionError("ONNX Runtime refused " + file + ": " + e.getMessage(), e);
    }
  }

  /** As {@link #run(Graph, long)}, but for the bytes of a model with the graph's inputs. */
  public static Map<String, float[]> run(byte[] model, Graph signature, long seed) {
    try (OrtSession.SessionOptions options = options();
        OrtSession session = environment().createSession(model, options)) {
      return run(session, signature, seed);
    } catch (OrtException e) {
      throw new AssertionError("ONNX Runtime refused the model: " + e.getMessage(), e);
    }
  }

  /**
   * Largest absolute difference over all outputs, relative to the largest value. Values below 0.01
   * do not set the scale: they are the saturated end of a sigmoid or softmax.
   */
  public static double relativeDifference(
      Map<String, float[]> expected, Map<String, float[]> actual) {
    double largest = 0.01;
    double difference = 0;
    for (Map.Entry<String, float[]> entry : expected.entrySet()) {
      float[] other = actual.get(entry.getKey());
      if (other == null || other.length != entry.getValue().length) {
        throw new AssertionError("output " + entry.getKey() + " is missing or of another size");
      }
      for (int i = 0; i < other.length; i++) {
        if (!Float.isFinite(other[i])) {
          throw new AssertionError("output " + entry.getKey() + " is not finite at " + i);
        }
        largest = Math.max(largest, Math.abs(entry.getValue()[i]));
        difference = Math.max(difference, Math.abs(entry.getValue()[i] - other[i]));
      }
    }
    return difference / largest;
  }

  private static OrtEnvironment environment() {
    return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
  }

  private static OrtSession.SessionOptions options() throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(1);
    // What it fuses depends on the neighbours, and a fused node rounds to other integers.
    options.addConfigEntry("session.disable_quant_qdq", "1");
    return options;
  }

  private static Map<String, float[]> run(OrtSession session, Graph graph, long seed)
      throws OrtException {
    Map<String, OnnxTensor> inputs = inputs(graph, seed);
    try {
      Map<String, float[]> outputs = new LinkedHashMap<>();
      try (OrtSession.Result result = session.run(inputs)) {
        for (Map.Entry<String, ai.onnxruntime.OnnxValue> entry : result) {
          if (entry.getValue() instanceof OnnxTensor tensor && tensor.getFloatBuffer() != null) {
            FloatBuffer buffer = tensor.getFloatBuffer();
            float[] values = new float[buffer.remaining()];
            buffer.get(values);
            outputs.put(entry.getKey(), values);
          }
        }
      }
      return outputs;
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private static Map<String, OnnxTensor> inputs(Graph graph, long seed) throws OrtException {
    Random random = new Random(seed);
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    for (ValueInfo input : graph.inputs()) {
      inputs.put(input.name(), random(input, random));
    }
    return inputs;
  }

  /** Inputs with elements from a normal distribution; 16 kHz where the model asks for a number. */
  private static OnnxTensor random(ValueInfo input, Random random) throws OrtException {
    long[] dims = input.shape().toArray();
    int elements = 1;
    for (int axis = 0; axis < dims.length; axis++) {
      if (dims[axis] == Shape.UNKNOWN) {
        dims[axis] = open(input, axis);
      }
      elements *= (int) dims[axis];
    }
    if (input.type() == DataType.INT64) {
      long[] values =
          dims.length == 0 ? new long[] {16_000} : random.longs(elements, 0, 2).toArray();
      return OnnxTensor.createTensor(environment(), LongBuffer.wrap(values), dims);
    }
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return OnnxTensor.createTensor(environment(), FloatBuffer.wrap(values), dims);
  }

  /** Two examples; 64 tokens or pixels, a waveform of 576 samples, the batch of a state. */
  private static int open(ValueInfo input, int axis) {
    int rank = input.shape().rank();
    if (axis == 0 || rank == 3) {
      return 2;
    }
    return rank == 2 && input.type() == DataType.FLOAT ? 576 : 64;
  }
}
