package io.rspar.sensitivity.criterion;

import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.sensitivity.curvature.CurvatureSums;

/** A criterion that rests on curvature, which can be summed up in parts and elsewhere. */
public interface CurvatureCriterion extends ChannelCriterion {
  /** Empty sums of what this criterion wants to know of the subject. The caller closes them. */
  CurvatureSums sums(Subject subject);

  /**
   * Scores every channel of every prunable group.
   *
   * @param sums over all of the subject's examples; they end with this
   */
  SensitivityReport measure(Subject subject, CurvatureSums sums, Progress progress);
}
