package io.rspar.runtime.testing;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.onnx.OnnxWriter;
import java.nio.FloatBuffer;
import java.util.Map;

/** ONNX Runtime, the reference implementation that kernels are compared with. */
public final class OnnxRuntime {
  private OnnxRuntime() {}

  /** The first output of a graph for one input. */
  public static Tensor run(Graph graph, Tensor x) {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      try (OrtSession session = environment.createSession(OnnxWriter.toBytes(graph), options);
          OnnxTensor input =
              OnnxTensor.createTensor(
                  environment, FloatBuffer.wrap(x.toFloats()), x.shape().toArray());
          OrtSession.Result result = session.run(Map.of(graph.inputs().get(0).name(), input))) {
        OnnxTensor output = (OnnxTensor) result.get(0);
        float[] values = new float[output.getFloatBuffer().remaining()];
        output.getFloatBuffer().get(values);
        return Tensor.ofFloats(Shape.of(output.getInfo().getShape()), values);
      }
    } catch (OrtException e) {
      throw new IllegalStateException("the reference refuses the graph: " + e.getMessage(), e);
    }
  }
}
