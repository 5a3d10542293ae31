package io.rspar.runtime.testing;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.onnx.OnnxWriter;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.Map;

/** ONNX Runtime, the reference implementation that kernels are compared with. */
public final class OnnxRuntime {
  private OnnxRuntime() {}

  /** The first output of a graph for one input. */
  public static Tensor run(Graph graph, Tensor x) {
    return run(graph, Map.of(graph.inputs().get(0).name(), x));
  }

  /** The first output of a graph for inputs by name, float32 or int64. */
  public static Tensor run(Graph graph, Map<String, Tensor> inputs) {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Map<String, OnnxTensor> fed = new HashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
        fed.put(input.getKey(), tensor(environment, input.getValue()));
      }
      try (OrtSession session = environment.createSession(OnnxWriter.toBytes(graph), options);
          OrtSession.Result result = session.run(fed)) {
        OnnxTensor output = (OnnxTensor) result.get(0);
        float[] values = new float[output.getFloatBuffer().remaining()];
        output.getFloatBuffer().get(values);
        return Tensor.ofFloats(Shape.of(output.getInfo().getShape()), values);
      }
    } catch (OrtException e) {
      throw new IllegalStateException("the reference refuses the graph: " + e.getMessage(), e);
    } finally {
      fed.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor tensor(OrtEnvironment environment, Tensor value) throws OrtException {
    long[] shape = value.shape().toArray();
    return value.type().isFloatingPoint()
        ? OnnxTensor.createTensor(environment, FloatBuffer.wrap(value.toFloats()), shape)
        : OnnxTensor.createTensor(environment, LongBuffer.wrap(value.toLongs()), shape);
  }
}
