package io.rspar.search.process;

import io.rspar.events.ArtifactRef;
import io.rspar.events.PruningRequest;
import io.rspar.events.TargetMetric;
import io.rspar.graph.Graph;
import io.rspar.graph.cost.CostModel;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.model.CutRules;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.search.allocation.AllocationProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a search needs to know of the network: its groups, what they are worth and what they cost.
 *
 * @param groups groups, in network order
 * @param sensitivities one per group, in the same order
 * @param widths widths that the constraints allow, per group, ascending
 */
record PrunableNetwork(
    List<ChannelGroup> groups,
    List<GroupSensitivity> sensitivities,
    boolean comparable,
    int[][] widths,
    CostModel cost) {

  static PrunableNetwork load(ArtifactStore store, PruningRequest request, ArtifactRef sensitivity)
      throws IOException {
    Graph graph = OnnxReader.read(store.fetch(request.getModel()));
    DependencyGraph dependencies = CutRules.groups(graph, request.getConstraints());
    SensitivityReport report =
        SensitivityReport.ofJson(Files.readAllBytes(store.fetch(sensitivity)));
    WidthPolicy policy = CutRules.widthPolicy(request.getConstraints());
    return new PrunableNetwork(
        dependencies.groups(),
        dependencies.groups().stream().map(g -> report.group(g.id())).toList(),
        report.comparable(),
        dependencies.groups().stream()
            .map(policy::allowedWidths)
            .toArray(int[][]::new),
        CostModel.of(graph, dependencies));
  }

  long macs(int[] kept) {
    return cost.macs(kept);
  }

  long parameters(int[] kept) {
    return cost.parameters(kept);
  }

  /** Cost of the original by a metric; a latency target is sought through MACs. */
  long denseCost(TargetMetric metric) {
    int[] full = groups.stream().mapToInt(ChannelGroup::width).toArray();
    return metric == TargetMetric.PARAMETERS ? parameters(full) : macs(full);
  }

  AllocationProblem problem(TargetMetric metric, double budget) {
    return new AllocationProblem(
        sensitivities,
        widths,
        comparable,
        metric == TargetMetric.PARAMETERS ? this::parameters : this::macs,
        (long) Math.floor(budget * denseCost(metric)));
  }

  /** The plan that keeps each group's best channels. */
  PruningPlan plan(int[] kept) {
    Map<String, int[]> channels = new LinkedHashMap<>();
    for (int g = 0; g < kept.length; g++) {
      channels.put(groups.get(g).id(), sensitivities.get(g).kept(kept[g]));
    }
    return new PruningPlan(channels);
  }
}
