package io.rspar.search.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Graph;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.runtime.Network;
import io.rspar.runtime.Replacement;
import io.rspar.runtime.Torch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChannelGatesTest {
  private final NDManager manager = Torch.newManager();
  private final NDScope scope = new NDScope();
  private final Random random = new Random(11);

  ChannelGatesTest() {
    scope.suppressNotUsedWarning();
  }

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  @Test
  void factorsOfNothingAndAllComputeWhatTheMaskedOriginalComputes() {
    assertEqualsMask(Demo.GRAPH, new Shape(4, 1, 28, 28));
  }

  /** Its weight is 1×C×k×k, as is a depthwise filter's of one channel: the columns are gated. */
  @Test
  void aConvolutionWithOneOutputIsNotTakenForADepthwiseOne() {
    GraphBuilder b = new GraphBuilder(3);
    String x = b.input("x", 4, 2, 6, 6);
    String hidden = b.relu("r", b.conv("wide", x, 2, 6, 3, 1));
    String one = b.conv("one", hidden, 6, 1, 3, 1);
    b.output(b.node("Flatten", "flat", one), 4, 36);
    assertEqualsMask(b.build(), new Shape(4, 2, 6, 6));
  }

  private void assertEqualsMask(Graph graph, Shape input) {
    DependencyGraph groups = DependencyGraph.of(graph);
    double[] factors = new double[groups.groups().stream().mapToInt(g -> g.width()).sum()];
    Map<String, List<Integer>> kept = new LinkedHashMap<>();
    int at = 0;
    for (var group : groups.groups()) {
      List<Integer> channels = new ArrayList<>();
      for (int c = 0; c < group.width(); c++, at++) {
        if (c == 0 || random.nextInt(3) > 0) {
          factors[at] = 1;
          channels.add(c);
        }
      }
      kept.put(group.id(), channels);
    }
    Graph masked = Surgeon.mask(graph, groups, new PruningPlan(kept));
    NDArray x = manager.randomNormal(input);
    try (Network expected = Network.load(masked);
        Network network = Network.load(graph);
        ChannelGates gates = new ChannelGates(network, groups)) {
      float[] reference = expected.forward(x).toFloatArray();
      float[] whole = network.forward(x).toFloatArray();
      try (Replacement applied = gates.apply(ChannelGates.row(manager, factors))) {
        assertClose(network.forward(x).toFloatArray(), reference);
      }
      assertThat(network.forward(x).toFloatArray()).as("put back").isEqualTo(whole);
      gates.fold(factors);
      assertClose(network.forward(x).toFloatArray(), reference);
      gates.erase(factors);
      assertClose(network.forward(x).toFloatArray(), reference);
    }
  }

  @Test
  void softFactorsStayTheSameWhenTheyAreFolded() {
    double[] factors =
        random.doubles(Demo.GROUPS.groups().stream().mapToInt(g -> g.width()).sum()).toArray();
    NDArray x = manager.randomNormal(new Shape(4, 1, 28, 28));
    try (Network network = Network.load(Demo.GRAPH);
        ChannelGates gates = new ChannelGates(network, Demo.GROUPS)) {
      float[] whole = network.forward(x).toFloatArray();
      float[] soft;
      try (Replacement applied = gates.apply(ChannelGates.row(manager, factors))) {
        soft = network.forward(x).toFloatArray();
      }
      gates.fold(factors);
      assertClose(network.forward(x).toFloatArray(), soft);
      assertThat(soft).isNotEqualTo(whole);
    }
  }

  private static void assertClose(float[] actual, float[] expected) {
    float scale = 1e-6f;
    for (float value : expected) {
      scale = Math.max(scale, Math.abs(value));
    }
    assertThat(actual).containsExactly(expected, within(1e-4f * scale));
  }
}
