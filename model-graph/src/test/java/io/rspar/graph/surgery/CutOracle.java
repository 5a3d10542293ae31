package io.rspar.graph.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.graph.Graph;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.cost.CostModel;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.testing.OnnxRuntime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** What must hold for every cut of every network. */
public final class CutOracle {
  /** Sums of up to a few hundred float32 products, in another order. */
  private static final double TOLERANCE = 2e-5;

  private CutOracle() {}

  /** A plan that keeps a part of every group, channels drawn at random. */
  public static PruningPlan randomPlan(DependencyGraph groups, double keptRatio, Random random) {
    Map<String, List<Integer>> kept = new LinkedHashMap<>();
    for (ChannelGroup group : groups.groups()) {
      int count = (int) Math.max(1, Math.round(group.width() * keptRatio));
      List<Integer> channels =
          new java.util.ArrayList<>(IntStream.range(0, group.width()).boxed().toList());
      java.util.Collections.shuffle(channels, random);
      kept.put(group.id(), channels.subList(0, count).stream().sorted().toList());
    }
    return new PruningPlan(kept);
  }

  /**
   * Cuts and checks: the written result is read back, loads in ONNX Runtime, computes what the
   * masked original computes, and costs what the cost model says.
   *
   * @return the largest difference to the masked original, relative to its largest output
   */
  public static double check(Graph graph, DependencyGraph groups, PruningPlan plan) {
    Graph cut = Surgeon.cut(graph, groups, plan);
    Graph masked = Surgeon.mask(graph, groups, plan);
    byte[] bytes = OnnxWriter.toBytes(cut);

    double difference =
        OnnxRuntime.relativeDifference(
            OnnxRuntime.run(masked, 11), OnnxRuntime.run(bytes, graph, 11));
    assertThat(difference).isLessThan(TOLERANCE);

    CostModel model = CostModel.of(graph, groups);
    Cost cost = Cost.of(OnnxReader.read(bytes));
    assertThat(model.macs(plan.widths(groups))).isEqualTo(cost.macs());
    assertThat(model.parameters(plan.widths(groups))).isEqualTo(cost.parameters());
    assertThat(OnnxWriter.toBytes(Surgeon.cut(graph, groups, plan))).isEqualTo(bytes);
    return difference;
  }
}
