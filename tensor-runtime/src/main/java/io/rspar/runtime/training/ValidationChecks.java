package io.rspar.runtime.training;

import io.rspar.runtime.data.Dataset;

/**
 * How a training run is watched: at the start, every so many epochs and at the end the network is
 * measured on data that it does not learn from, and the best weights are what the run ends with.
 *
 * @param validation what it is measured on
 * @param everyEpochs training passes between two checks, above 0
 * @param patience checks in a row without a better one that end the run; 0 = it never ends early
 * @param checkpoints where the state after each check is kept
 */
public record ValidationChecks(
    Dataset validation, double everyEpochs, int patience, Checkpoints checkpoints) {
  public ValidationChecks {
    if (!(everyEpochs > 0)) {
      throw new IllegalArgumentException("everyEpochs is " + everyEpochs + ", must be above 0");
    }
    if (patience < 0) {
      throw new IllegalArgumentException("patience is " + patience + ", must be 0 or more");
    }
  }
}
