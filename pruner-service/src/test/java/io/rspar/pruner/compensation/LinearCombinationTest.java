package io.rspar.pruner.compensation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Graph;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.surgery.Kept;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LinearCombinationTest {
  private static final int CHANNELS = 5;

  /** Without a non-linearity in between nothing of a linear combination is lost. */
  @Test
  void whatOthersComputeTogetherIsNotMissed() {
    Graph graph = network(false);
    assertThat(difference(graph, false)).isGreaterThan(0.1);
    assertThat(difference(graph, true)).as("but for the ridge").isLessThan(0.02);
  }

  /** A scaled copy passes a ReLU as its original does. */
  @Test
  void aRemovedCopyIsNotMissedBehindARelu() {
    Graph graph = network(true);
    Map<String, Tensor> weights = new LinkedHashMap<>(graph.initializers());
    for (String name :
        List.of("a.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")) {
      weights.computeIfPresent(name, (n, tensor) -> copied(tensor, 1, 4));
    }
    Graph twins = graph.withNodesAndInitializers(graph.nodes(), weights);
    assertThat(twins).isNotEqualTo(graph);
    assertThat(difference(twins, false)).isGreaterThan(0.1);
    assertThat(difference(twins, true)).isLessThan(0.02);
  }

  /** Channel 4 is 2·(channel 0) − (channel 1), or made a copy later. */
  private static Graph network(boolean relu) {
    GraphBuilder b = new GraphBuilder(6);
    String x = b.input("x", 2, 3, 8, 8);
    String hidden = b.batchNorm("bn", b.conv("a", x, 3, CHANNELS, 3, 1), CHANNELS);
    String seen = relu ? b.relu("r", hidden) : hidden;
    String y = b.conv("b", seen, CHANNELS, 4, 1, 1);
    b.output(y, 2, 4, 8, 8);
    Graph graph = b.build();
    if (relu) {
      return graph;
    }
    Map<String, Tensor> weights = new LinkedHashMap<>(graph.initializers());
    float[] mean = weights.get("bn.running_mean").toFloats();
    float[] scale = weights.get("bn.weight").toFloats();
    float[] shift = weights.get("bn.bias").toFloats();
    float[] variance = weights.get("bn.running_var").toFloats();
    for (int c : new int[] {0, 1, 4}) {
      mean[c] = 0;
      scale[c] = 1;
      variance[c] = 1;
    }
    shift[4] = 2 * shift[0] - shift[1];
    weights.put("bn.weight", Tensor.ofFloats(weights.get("bn.weight").shape(), scale));
    weights.put("bn.bias", Tensor.ofFloats(weights.get("bn.bias").shape(), shift));
    weights.put("bn.running_mean", Tensor.ofFloats(weights.get("bn.running_mean").shape(), mean));
    weights.put("bn.running_var", Tensor.ofFloats(weights.get("bn.running_var").shape(), variance));
    float[] w = weights.get("a.weight").toFloats();
    int filter = w.length / CHANNELS;
    for (int i = 0; i < filter; i++) {
      w[4 * filter + i] = 2 * w[i] - w[filter + i];
    }
    weights.put("a.weight", Tensor.ofFloats(weights.get("a.weight").shape(), w));
    return graph.withNodesAndInitializers(graph.nodes(), weights);
  }

  private static Tensor copied(Tensor tensor, int from, int to) {
    float[] values = tensor.toFloats();
    int length = values.length / CHANNELS;
    System.arraycopy(values, from * length, values, to * length, length);
    return Tensor.ofFloats(tensor.shape(), values);
  }

  /** Largest difference that the removal of channel 4 makes, over the largest output. */
  private static double difference(Graph graph, boolean repaired) {
    DependencyGraph groups = DependencyGraph.of(graph);
    PruningPlan plan = new PruningPlan(Map.of(groups.groups().get(0).id(), List.of(0, 1, 2, 3)));
    try (NDManager manager = Torch.newManager();
        Network dense = Network.load(graph);
        Network cut = Network.load(Surgeon.cut(graph, groups, plan));
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray x = manager.randomNormal(new Shape(2, 3, 8, 8));
      if (repaired) {
        Compensator.dataFree(cut, graph, new Kept(groups, plan));
      }
      NDArray reference = dense.forward(x);
      return cut.forward(x).sub(reference).abs().max().getFloat()
          / reference.abs().max().getFloat();
    }
  }

  @Test
  void aNetworkWithStreamsStaysWhatItIsWhereNothingGoesAndChangesWhereSomethingDoes() {
    Graph graph =
        OnnxReader.read(Path.of("..", "examples", "fashion-mnist", "fashion_resnet.onnx"));
    DependencyGraph groups = DependencyGraph.of(graph);
    Map<String, List<Integer>> half = new LinkedHashMap<>();
    groups
        .groups()
        .forEach(g -> half.put(g.id(), IntStream.range(0, g.width() / 2).boxed().toList()));
    try (Network whole = Network.load(graph);
        Network untouched = Network.load(graph)) {
      Compensator.dataFree(whole, graph, new Kept(groups, new PruningPlan(Map.of())));
      assertThat(whole.toGraph().initializers()).isEqualTo(untouched.toGraph().initializers());
    }
    PruningPlan plan = new PruningPlan(half);
    Graph cut = Surgeon.cut(graph, groups, plan);
    try (Network network = Network.load(cut)) {
      Graph before = network.toGraph();
      Compensator.dataFree(network, graph, new Kept(groups, plan));
      Graph after = network.toGraph();
      long changed =
          after.initializers().entrySet().stream()
              .filter(e -> !e.getValue().equals(before.initializers().get(e.getKey())))
              .count();
      assertThat(changed)
          .as("every consumer of a group")
          .isGreaterThanOrEqualTo(groups.groups().size());
    }
  }
}
