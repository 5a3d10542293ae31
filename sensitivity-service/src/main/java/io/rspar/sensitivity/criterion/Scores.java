package io.rspar.sensitivity.criterion;

import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.SensitivityReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Makes reports of scores that add up. */
final class Scores {
  private Scores() {}

  /**
   * A report. A group that the criterion says nothing about gets the highest score of all, so that
   * it is cut last, and a warning.
   *
   * @param comparable whether the scores of different groups share a unit
   * @param scores of a group's channels; empty if the criterion says nothing about it
   */
  static SensitivityReport report(
      String criterion,
      boolean comparable,
      int samples,
      DependencyGraph groups,
      Function<ChannelGroup, Optional<double[]>> scores) {
    List<Optional<double[]>> all = groups.groups().stream().map(scores).toList();
    double highest =
        all.stream().flatMap(Optional::stream).flatMapToDouble(Arrays::stream).max().orElse(0);
    List<GroupSensitivity> sensitivities = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (int g = 0; g < all.size(); g++) {
      ChannelGroup group = groups.groups().get(g);
      if (all.get(g).isEmpty()) {
        warnings.add(
            "Group "
                + group.id()
                + " has nothing that "
                + criterion
                + " looks at: it is cut last.");
      }
      double[] otherwise = new double[group.width()];
      Arrays.fill(otherwise, highest);
      sensitivities.add(GroupSensitivity.additive(group.id(), all.get(g).orElse(otherwise)));
    }
    return new SensitivityReport(criterion, comparable, samples, sensitivities, warnings);
  }
}
