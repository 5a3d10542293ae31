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
import io.rspar.graph.surgery.PruningPlanFile;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.model.CutRules;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.search.allocation.AllocationProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a search needs to know of the network: its groups, what they are worth and what they cost.
 *
 * @param modelSha256 the model that plans are for
 * @param dependencies the groups, in network order
 * @param sensitivities one per group, in the same order
 * @param widths widths that the constraints allow, per group, ascending
 */
record PrunableNetwork(
    String modelSha256,
    DependencyGraph dependencies,
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
    return new PrunableNetwork(
        request.getModel().getSha256(),
        dependencies,
        dependencies.groups().stream().map(g -> report.group(g.id())).toList(),
        report.comparable(),
        dependencies.groups().stream()
            .map(g -> CutRules.allowedWidths(g, request.getConstraints()))
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
    int[] full = dependencies.groups().stream().mapToInt(ChannelGroup::width).toArray();
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

  /** {@code pruning-plan.json} that keeps each group's best channels. */
  byte[] plan(int[] kept) {
    Map<String, List<Integer>> channels = new LinkedHashMap<>();
    for (int g = 0; g < kept.length; g++) {
      channels.put(
          sensitivities.get(g).group(),
          Arrays.stream(sensitivities.get(g).kept(kept[g])).boxed().toList());
    }
    PruningPlan plan = new PruningPlan(channels).withModelSha256(modelSha256);
    return PruningPlanFile.write(plan, dependencies).getBytes(StandardCharsets.UTF_8);
  }
}
