package io.rspar.runtime.testing;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.graph.Graph;
import io.rspar.graph.Tensor;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.kernel.HostTensors;

/** The runtime under test, compared with the reference. */
public final class Interpreter {
  private Interpreter() {}

  /** The first output of a graph for one input, in evaluation mode. */
  public static Tensor run(Graph graph, Tensor x) {
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(graph)) {
      NDArray y = network.forward(HostTensors.upload(manager, x));
      return HostTensors.download(y);
    }
  }

  /** Largest difference from the reference, relative to the reference's largest value. */
  public static double relativeError(Graph graph, Tensor x) {
    Tensor expected = OnnxRuntime.run(graph, x);
    Tensor actual = run(graph, x);
    assertThat(actual.shape()).isEqualTo(expected.shape());
    float[] e = expected.toFloats();
    float[] a = actual.toFloats();
    double largest = 1e-6;
    double difference = 0;
    for (int i = 0; i < e.length; i++) {
      largest = Math.max(largest, Math.abs(e[i]));
      // A NaN on either side must not pass as "not larger".
      difference = Math.abs(e[i] - a[i]) <= difference ? difference : Math.abs(e[i] - a[i]);
    }
    return difference / largest;
  }
}
