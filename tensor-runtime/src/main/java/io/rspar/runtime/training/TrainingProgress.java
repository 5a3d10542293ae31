package io.rspar.runtime.training;

/** Hears of every step of a training run. An exception from it ends the run after that step. */
@FunctionalInterface
public interface TrainingProgress {
  /** Hears nothing. */
  TrainingProgress SILENT = (step, steps, lossNats) -> {};

  /**
   * Called after a step.
   *
   * @param step steps done
   * @param steps steps in all
   * @param lossNats loss of the step's batch before the update
   */
  void onStep(long step, long steps, double lossNats);
}
