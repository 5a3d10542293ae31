package io.rspar.sensitivity.criterion;

import io.rspar.events.GroupReduction;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.score.GroupNorm;
import io.rspar.kit.sensitivity.SensitivityReport;
import java.util.Optional;
import java.util.function.Function;

/**
 * Criteria that look at weights alone. Their scores have no unit that groups share.
 *
 * @param name name in the report
 * @param scoring the scoring for a subject
 */
record Magnitude(String name, Function<Subject, DataFreeCriterion> scoring)
    implements ChannelCriterion {

  /** Norm of a channel's weights: 1 = sum of magnitudes, 2 = Euclidean. */
  static Magnitude norm(String name, int p) {
    return new Magnitude(
        name,
        subject ->
            new GroupNorm(
                p, GroupNorm.Reduction.valueOf(subject.reduction(GroupReduction.MEAN).name())));
  }

  /** Chance, as a control. */
  static Magnitude random(String name) {
    return new Magnitude(name, subject -> DataFreeCriterion.random(subject.seed()));
  }

  @Override
  public SensitivityReport measure(Subject subject, Progress progress) {
    DataFreeCriterion criterion = scoring.apply(subject);
    progress.report(1, "weights scored");
    return Scores.report(
        name,
        false,
        0,
        subject.groups(),
        group -> Optional.of(criterion.score(subject.graph(), subject.groups(), group)));
  }
}
