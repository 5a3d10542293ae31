package io.rspar.search.process;

import io.rspar.events.ArtifactRef;
import io.rspar.events.PruningRequest;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.cost.CostModel;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.coupling.ValueSite;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.op.Role;
import io.rspar.graph.shape.Shapes;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.PruningPlanFile;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.model.CutRules;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.search.allocation.ChannelChoice;
import io.rspar.search.allocation.SearchSpace;
import io.rspar.search.allocation.SearchSpace.Work;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * What a search needs to know of the network: its groups, what they are worth and what they cost.
 *
 * @param modelSha256 the model that plans are for
 * @param graph the model
 * @param dependencies the groups, in network order
 * @param space the same as numbers
 * @param choice which channels of a group stay at a width
 */
record PrunableNetwork(
    String modelSha256,
    Graph graph,
    DependencyGraph dependencies,
    SearchSpace space,
    ChannelChoice choice) {

  static PrunableNetwork load(ArtifactStore store, PruningRequest request, ArtifactRef sensitivity)
      throws IOException {
    Graph graph = OnnxReader.read(store.fetch(request.getModel()));
    DependencyGraph dependencies = CutRules.groups(graph, request.getConstraints());
    SensitivityReport report =
        SensitivityReport.ofJson(Files.readAllBytes(store.fetch(sensitivity)));
    CostModel cost = CostModel.of(graph, dependencies);
    int[][] widths =
        dependencies.groups().stream()
            .map(g -> CutRules.allowedWidths(g, request.getConstraints()))
            .toArray(int[][]::new);
    return new PrunableNetwork(
        request.getModel().getSha256(),
        graph,
        dependencies,
        new SearchSpace(
            dependencies.groups().stream().map(g -> report.group(g.id())).toList(),
            widths,
            report.comparable(),
            features(graph, dependencies, cost, widths),
            cost::macs,
            cost::parameters,
            new Work(
                activations(graph, dependencies),
                kept -> cost.macsInBlocks(kept, Work.BLOCK),
                kept -> cost.unfilled(kept, Work.BLOCK))),
        ChannelChoice.BEST);
  }

  /** The same network with channels that rank otherwise. */
  PrunableNetwork ranked(List<GroupSensitivity> groups, ChannelChoice otherChoice) {
    return new PrunableNetwork(
        modelSha256, graph, dependencies, space.withGroups(groups), otherChoice);
  }

  long macs(int[] kept) {
    return space.macs().applyAsLong(kept);
  }

  long parameters(int[] kept) {
    return space.parameters().applyAsLong(kept);
  }

  /** {@code pruning-plan.json} that keeps so many channels of each group. */
  byte[] plan(int[] kept) {
    Map<String, List<Integer>> channels = new LinkedHashMap<>();
    for (int g = 0; g < kept.length; g++) {
      GroupSensitivity group = space.groups().get(g);
      channels.put(group.group(), Arrays.stream(choice.kept(group, kept[g])).boxed().toList());
    }
    PruningPlan plan = new PruningPlan(channels).withModelSha256(modelSha256);
    return PruningPlanFile.write(plan, dependencies).getBytes(StandardCharsets.UTF_8);
  }

  /** The widths of a plan. */
  int[] widths(PruningPlan plan) {
    return space.groups().stream().mapToInt(g -> plan.kept().get(g.group()).size()).toArray();
  }

  /**
   * What tells one group from another (AMC's features of a layer, for a group of coupled ones):
   * width, how much of the cost hangs on it, how many layers it couples, and kernel, stride and
   * kind of the layer that first computes it.
   */
  private static double[][] features(
      Graph graph, DependencyGraph dependencies, CostModel cost, int[][] widths) {
    List<ChannelGroup> groups = dependencies.groups();
    int[] full = groups.stream().mapToInt(ChannelGroup::width).toArray();
    double denseMacs = Math.max(1, cost.macs(full));
    double denseParameters = Math.max(1, cost.parameters(full));
    double[][] features = new double[groups.size()][];
    for (int g = 0; g < features.length; g++) {
      ChannelGroup group = groups.get(g);
      int[] without = full.clone();
      without[g] = widths[g][0];
      features[g] =
          new double[] {
            Math.log(group.width()) / 8,
            1 - cost.macs(without) / denseMacs,
            1 - cost.parameters(without) / denseParameters,
            Math.tanh(group.members(Role.PRODUCER).size() / 4.0),
            Math.tanh(group.members(Role.CONSUMER).size() / 4.0),
            0,
            0,
            0
          };
      if (!group.members().isEmpty()) {
        describeLayer(group.members().get(0), dependencies, features[g]);
      }
    }
    return features;
  }

  private static void describeLayer(
      Member member, DependencyGraph dependencies, double[] features) {
    Node node = dependencies.node(member.nodeName());
    Shapes shapes = dependencies.shapes();
    int rank = shapes.shape(member.tensor()).rank();
    if (rank < 3) {
      return; // a layer without kernel
    }
    long[] dims = shapes.shape(member.tensor()).toArray();
    features[5] = 1;
    features[6] =
        Math.log(IntStream.range(2, rank).mapToLong(i -> dims[i]).reduce(1, (a, b) -> a * b)) / 4;
    features[7] = node.intsAttribute("strides").map(s -> s[0] > 1 ? 1.0 : 0.0).orElse(0.0);
  }

  /** Elements of all activations of one example, as a function of the kept widths. */
  private static ToLongFunction<int[]> activations(Graph graph, DependencyGraph dependencies) {
    Shapes shapes = Shapes.inferOneExample(graph);
    List<ChannelGroup> groups = dependencies.groups();
    long fixed =
        graph.nodes().stream()
            .flatMap(n -> n.outputs().stream())
            .filter(v -> !v.isEmpty() && shapes.constant(v).isEmpty() && shapes.shape(v).isStatic())
            .mapToLong(v -> shapes.shape(v).elements())
            .sum();
    long[] perChannel = new long[groups.size()];
    for (int g = 0; g < perChannel.length; g++) {
      for (ValueSite site : groups.get(g).values()) {
        if (shapes.shape(site.value()).isStatic()) {
          long[] dims = shapes.shape(site.value()).toArray();
          perChannel[g] +=
              shapes.shape(site.value()).elements()
                  / Math.max(1, dims[site.axis()])
                  * site.indices()[0].length;
        }
      }
    }
    return kept -> {
      long elements = fixed;
      for (int g = 0; g < kept.length; g++) {
        elements -= perChannel[g] * (groups.get(g).width() - kept[g]);
      }
      return Math.max(1, elements);
    };
  }
}
