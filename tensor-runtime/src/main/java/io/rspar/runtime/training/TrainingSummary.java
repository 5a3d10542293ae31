package io.rspar.runtime.training;

import java.util.List;

/**
 * What a training run did.
 *
 * @param steps updates of the weights; fewer than planned after an early stop
 * @param examples examples seen, repeats counted
 * @param lastLossNats loss of the last batch, before its update; NaN if a resumed run had no step
 *     left
 * @param checks what was measured on the validation data, in order; the first one before any step;
 *     empty without validation data
 * @param keptStep steps that made the weights that the network has now
 */
public record TrainingSummary(
    int steps, long examples, double lastLossNats, List<Check> checks, int keptStep) {
  public TrainingSummary {
    checks = List.copyOf(checks);
  }

  /**
   * One measurement on the validation data.
   *
   * @param step steps done before it
   */
  public record Check(int step, Evaluation validation) {
    /** More right answers; of as many, a lower loss. */
    boolean isBetterThan(Check other) {
      int byAccuracy = Double.compare(validation.top1(), other.validation.top1());
      return byAccuracy > 0
          || (byAccuracy == 0 && validation.lossNats() < other.validation.lossNats());
    }
  }
}
