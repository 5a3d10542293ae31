package io.rspar.runtime.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.Graph;
import io.rspar.graph.Tensor;
import io.rspar.runtime.Autograd;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.kernel.HostTensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The runtime's gradients, compared with central differences of the reference's output: f = Σ cᵢyᵢ
 * for random c, along a random direction of the input and of all trained weights at once.
 */
public final class Derivatives {
  private Derivatives() {}

  /** Fails if the gradients of the input or of the weights are not those of the reference. */
  public static void assertEqualsDifferences(
      String what, Graph graph, Tensor x, SplittableRandom random) {
    // Less than the distance of values of Graphs.distinct from 0 and from the middle between two.
    float step = Math.min(1e-3f, 0.8f / x.shape().elements());
    Tensor coefficients = Graphs.random(random, 1, OnnxRuntime.run(graph, x).shape().toArray());
    Map<String, Tensor> directions = new LinkedHashMap<>();
    double ofInput;
    double ofWeights = 0;
    double scale;
    Tensor along = Graphs.random(random, 1, x.shape().toArray());
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(graph);
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray input = HostTensors.upload(manager, x);
      input.setRequiresGradient(true);
      network.requireGradients(true);
      Autograd.record(
          collector -> {
            NDArray y = network.forward(input);
            collector.backward(y.mul(HostTensors.upload(manager, coefficients)).sum());
            return null;
          });
      float[] gradient = input.getGradient().toFloatArray();
      ofInput = dot(gradient, along);
      scale = norm(gradient);
      for (Map.Entry<String, NDArray> weight : network.parameters().entrySet()) {
        Tensor direction = Graphs.random(random, 1, weight.getValue().getShape().getShape());
        float[] own = weight.getValue().getGradient().toFloatArray();
        ofWeights += dot(own, direction);
        scale += norm(own);
        directions.put(weight.getKey(), direction);
      }
    }
    double forward = value(graph, moved(x, along, step), coefficients);
    double backward = value(graph, moved(x, along, -step), coefficients);
    double tolerance = 1e-2 + 1e-2 * scale;
    assertThat(ofInput)
        .as("derivative along the input, " + what)
        .isCloseTo((forward - backward) / (2 * step), within(tolerance));
    if (!directions.isEmpty()) {
      double up = value(moved(graph, directions, step), x, coefficients);
      double down = value(moved(graph, directions, -step), x, coefficients);
      assertThat(ofWeights)
          .as("derivative along the weights " + directions.keySet() + ", " + what)
          .isCloseTo((up - down) / (2 * step), within(tolerance));
    }
  }

  private static double value(Graph graph, Tensor x, Tensor coefficients) {
    return dot(OnnxRuntime.run(graph, x).toFloats(), coefficients);
  }

  private static Graph moved(Graph graph, Map<String, Tensor> directions, float step) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(graph.initializers());
    directions.forEach((name, d) -> tensors.put(name, moved(tensors.get(name), d, step)));
    return graph.withNodesAndInitializers(graph.nodes(), tensors);
  }

  private static Tensor moved(Tensor from, Tensor direction, float step) {
    float[] values = from.toFloats();
    float[] by = direction.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] += step * by[i];
    }
    return Tensor.ofFloats(from.shape(), values);
  }

  private static double dot(float[] a, Tensor b) {
    float[] other = b.toFloats();
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * other[i];
    }
    return sum;
  }

  private static double norm(float[] a) {
    double sum = 0;
    for (float element : a) {
      sum += (double) element * element;
    }
    return Math.sqrt(sum);
  }
}
