package io.rspar.graph.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.graph.Graph;
import io.rspar.graph.ModelChecks;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.testing.Networks;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class NetworkCutTest {
  private static final int CUTS_PER_NETWORK = 12;

  @TestFactory
  Stream<DynamicTest> aRandomCutComputesWhatTheMaskedOriginalComputes() {
    return Networks.all().entrySet().stream()
        .map(
            network ->
                DynamicTest.dynamicTest(
                    network.getKey(), () -> cutAtRandom(network.getValue().get())));
  }

  private static void cutAtRandom(Graph graph) {
    ModelChecks.requireWellFormed(graph);
    DependencyGraph groups = DependencyGraph.of(graph);
    assertThat(groups.groups()).isNotEmpty();
    long base = Long.getLong("rspar.test.seed", 20261124L);
    for (long seed = base; seed < base + CUTS_PER_NETWORK; seed++) {
      Random random = new Random(seed);
      PruningPlan plan = CutOracle.randomPlan(groups, 0.1 + 0.8 * random.nextDouble(), random);
      try {
        CutOracle.check(graph, groups, plan);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("repeat with -Drspar.test.seed=" + seed + ", plan " + plan, e);
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> oneChannelPerGroupIsEnough() {
    return Networks.all().entrySet().stream()
        .map(
            network ->
                DynamicTest.dynamicTest(
                    network.getKey(),
                    () -> {
                      Graph graph = network.getValue().get();
                      DependencyGraph groups = DependencyGraph.of(graph);
                      CutOracle.check(
                          graph, groups, CutOracle.randomPlan(groups, 0, new Random(3)));
                    }));
  }

  @TestFactory
  Stream<DynamicTest> aPlanThatKeepsAllLeavesTheWeightsAlone() {
    return Networks.all().entrySet().stream()
        .map(
            network ->
                DynamicTest.dynamicTest(
                    network.getKey(),
                    () -> {
                      Graph graph = network.getValue().get();
                      DependencyGraph groups = DependencyGraph.of(graph);
                      Graph cut = Surgeon.cut(graph, groups, new PruningPlan(Map.of()));
                      cut.initializers()
                          .forEach(
                              (name, tensor) -> {
                                if (graph.initializers().containsKey(name)) {
                                  assertThat(tensor).isEqualTo(graph.initializers().get(name));
                                }
                              });
                    }));
  }

  /** What can be cut is written down here, so that a change of the coupling shows. */
  @Test
  void networksHaveTheGroupsThatTheirStructureSays() {
    Map<String, Map<String, Integer>> widths = new LinkedHashMap<>();
    Networks.all()
        .forEach(
            (name, network) ->
                widths.put(
                    name,
                    DependencyGraph.of(network.get()).groups().stream()
                        .collect(
                            Collectors.toMap(
                                ChannelGroup::id,
                                ChannelGroup::width,
                                (a, b) -> a,
                                TreeMap::new))));

    assertThat(widths.get("resNetConvShortcut"))
        .isEqualTo(Map.of("stem.conv", 8, "a.1.conv", 8, "b.shortcut", 12, "b.1.conv", 12));
    // The stream of the first stage goes on at an offset; 4 + 4 padded channels are of their own.
    assertThat(widths.get("resNetPadShortcut"))
        .isEqualTo(Map.of("stem.conv", 8, "a.1.conv", 8, "b.1.conv", 16, "b.2.conv", 8));
    assertThat(widths.get("vgg")).isEqualTo(Map.of("conv1", 6, "conv2", 8, "conv3", 10, "fc1", 14));
    assertThat(widths.get("mobileNet"))
        .isEqualTo(Map.of("stem.conv", 6, "pw1.conv", 10, "pw2.conv", 8));
    assertThat(widths.get("concatBranches"))
        .isEqualTo(Map.of("stem.conv", 6, "left.conv", 4, "right.conv", 8, "after.conv", 9));
    // Many small groups: whole groups go.
    assertThat(widths.get("resNeXtManyGroups")).isEqualTo(Map.of("in.conv", 8, "out.conv", 7));
    // Few big ones: the same index goes in each.
    assertThat(widths.get("resNeXtFewGroups"))
        .isEqualTo(Map.of("in.conv", 8, "grouped.conv", 8, "out.conv", 7));
    assertThat(widths.get("squeezeExcite")).isEqualTo(Map.of("stem.conv", 10, "squeeze", 6));
    assertThat(widths.get("sharedWeight")).isEqualTo(Map.of("stem.conv", 8));
    assertThat(widths.get("viewFlatten")).isEqualTo(Map.of("stem.conv", 8, "fc1", 12));
    // Three heads, not twelve dimensions; the residual stream is the model's output.
    assertThat(widths.get("attention")).isEqualTo(Map.of("qkv", 3, "up", 20));
    // Every channel for itself, not two halves of the network.
    assertThat(widths.get("shuffleSplit"))
        .isEqualTo(Map.of("stem.conv", 6, "stem.conv#2", 6, "right.conv", 6, "after.conv", 8));
    assertThat(widths.get("groupNormRegrouped")).isEqualTo(Map.of("stem", 3, "after.conv", 8));
    assertThat(widths.get("layerNormRegrouped")).isEqualTo(Map.of("stem", 12, "after.conv", 8));
    assertThat(widths.get("spatialAttention")).isEqualTo(Map.of("stem", 10));
    // The residual stream is cut as a whole, from the embedding to the last normalisation.
    for (String norm : List.of("FusedNorm", "DecomposedNorm", "DecomposedRms", "SimplifiedNorm")) {
      assertThat(widths.get("transformer" + norm)).isEqualTo(Map.of("words", 12, "q", 3, "up", 20));
    }
    assertThat(widths.get("mergedHeads")).isEqualTo(Map.of("words", 12, "qkv", 3));
    assertThat(widths.get("groupedQueries")).isEqualTo(Map.of("words", 12, "q", 2));
    // A head may also lose a dimension of its queries and keys: the product of both sums over it.
    assertThat(widths.get("einsumAttention"))
        .isEqualTo(Map.of("words", 12, "q", 3, "q#2", 4, "v", 5));
    assertThat(widths.get("groupNormPerGroup")).isEqualTo(Map.of("stem", 3, "after.conv", 8));
    assertThat(widths.get("groupNormOfAll")).isEqualTo(Map.of("stem", 12, "after.conv", 8));
    assertThat(widths.get("pixelShuffle"))
        .isEqualTo(Map.of("stem.conv", 3, "mid.conv", 5, "small.conv", 5, "after.conv", 6));
    // Hidden channels are cut in all gates and both directions.
    for (String recurrent : List.of("lstm", "gru", "rnn")) {
      assertThat(widths.get(recurrent)).isEqualTo(Map.of("stem.conv", 6, "first", 5, "second", 7));
    }
    assertThat(widths.get("openImage"))
        .isEqualTo(
            Map.of(
                "stem.conv", 2, "stem.conv#2", 4, "low.conv", 8, "low.conv#2", 2, "mid.conv", 7));
    assertThat(widths.get("everySecond"))
        .isEqualTo(Map.of("stem.conv", 6, "stem.conv#2", 6, "after.conv", 8));
    assertThat(widths.get("scaledByWidth")).isEqualTo(Map.of("stem.conv", 12, "next.conv", 8));
    assertThat(widths.get("openWindows")).isEqualTo(Map.of("stem", 8, "mlp", 6));
    for (String encoder : List.of("fusedEncoder", "fusedRmsEncoder")) {
      assertThat(widths.get(encoder)).isEqualTo(Map.of("words", 12, "qkv", 3, "up", 20));
    }
    assertThat(widths.get("embedNormalization")).isEqualTo(Map.of("words", 12, "qkv", 3));
    assertThat(widths.get("multiHeadAttention")).isEqualTo(Map.of("q", 3));
    // Two heads of keys, each with two of queries; three heads of queries on one of keys.
    for (String grouped : List.of("attentionSideBySide", "groupQuery", "groupQueryPacked")) {
      assertThat(widths.get(grouped)).isEqualTo(Map.of("words", 12, "q", 2));
    }
    for (String heads : List.of("attentionByHead", "attentionOneKey")) {
      assertThat(widths.get(heads)).isEqualTo(Map.of("words", 12, "q", 3));
    }
    assertThat(widths.get("expandedHeads")).isEqualTo(Map.of("words", 12, "q", 2));
    assertThat(widths.get("slicedWeights")).containsEntry("words", 12).hasSize(2);
    assertThat(widths.get("foldedPatches")).isEqualTo(Map.of("in", 10, "up", 14));
    assertThat(widths.get("leftInTraining")).isEqualTo(Map.of("first", 8, "second", 9));
    assertThat(widths.get("groupQueryCached")).isEqualTo(Map.of("words", 12));
    assertThat(widths.get("quantizedWeights"))
        .isEqualTo(Map.of("first", 8, "second", 9, "hidden", 7));
    assertThat(widths.get("quantizedActivations")).isEqualTo(Map.of("first", 8));
    assertThat(widths.get("fusedConvolutions")).isEqualTo(Map.of("stem.conv", 8, "fc1", 9));
    assertThat(widths.get("singleHead")).isEqualTo(Map.of("q", 10, "v", 9, "proj", 12));
    assertThat(widths.get("decoder"))
        .isEqualTo(Map.of("stem.conv", 6, "low.conv", 10, "mid.conv", 7));
    assertThat(widths.get("channelsLast")).isEqualTo(Map.of("stem.conv", 6));
    assertThat(widths.get("derivedWeights")).isEqualTo(Map.of("first", 8, "second", 6));
  }

  @Test
  void groupsComeInNetworkOrder() {
    List<String> ids =
        DependencyGraph.of(Networks.resNetPadShortcut()).groups().stream()
            .map(ChannelGroup::id)
            .toList();

    assertThat(ids).containsExactly("stem.conv", "a.1.conv", "b.1.conv", "b.2.conv");
  }
}
