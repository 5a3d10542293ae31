package io.rspar.sensitivity.criterion;

import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.SensitivityReport;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Criteria that look at weights alone. Their scores have no unit that groups share.
 *
 * @param name name in the report
 * @param scoring the scoring of a seed
 */
record Magnitude(String name, LongFunction<DataFreeCriterion> scoring) implements ChannelCriterion {

  @Override
  public SensitivityReport measure(Subject subject, Progress progress) {
    DataFreeCriterion criterion = scoring.apply(subject.seed());
    List<GroupSensitivity> groups =
        subject.groups().groups().stream()
            .map(
                g ->
                    GroupSensitivity.additive(
                        g.id(), criterion.score(subject.graph(), subject.groups(), g)))
            .toList();
    progress.report(1, "weights scored");
    return new SensitivityReport(name, false, 0, groups, List.of());
  }
}
