package io.rspar.pruner.datafree;

import io.rspar.events.FailureReason;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.RatioCap;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.kit.failure.WorkException;
import java.util.Arrays;
import java.util.List;

/** Which channels go when a share of every group goes: those with the least of a weight norm. */
public final class DataFreeCut {
  private DataFreeCut() {}

  /**
   * Chooses.
   *
   * @param ratio share of each group's channels that goes, in (0, 1)
   * @param policy how the remaining widths are rounded
   * @param caps of groups that may lose less
   * @throws WorkException NOTHING_TO_PRUNE if every channel stays
   */
  public static PruningPlan plan(
      Graph graph,
      DependencyGraph dependencies,
      DataFreeCriterion criterion,
      double ratio,
      WidthPolicy policy,
      List<RatioCap> caps) {
    int[] widths =
        dependencies.groups().stream()
            .mapToInt(
                group -> RatioCap.policyOf(group, policy, caps).round(group, keep(group, ratio)))
            .toArray();
    int channels = dependencies.groups().stream().mapToInt(ChannelGroup::width).sum();
    if (Arrays.stream(widths).sum() == channels) {
      throw new WorkException(
          FailureReason.NOTHING_TO_PRUNE,
          "No channel goes: %d groups with %d channels, ratio %s, multiples of %d, at least %d"
              .formatted(
                  dependencies.groups().size(),
                  channels,
                  ratio,
                  policy.multiple(),
                  policy.minChannels()),
          "raise the ratio, lower multiple or minimum, or see what is frozen with rspar inspect");
    }
    return PruningPlan.ofScores(dependencies, criterion.scoreAll(graph, dependencies), widths);
  }

  private static double keep(ChannelGroup group, double ratio) {
    return group.width() * (1 - ratio);
  }
}
