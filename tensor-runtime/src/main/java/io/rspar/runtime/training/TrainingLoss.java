package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import io.rspar.runtime.CrossEntropy;
import io.rspar.runtime.data.Batch;

/** What a training step minimises. Its operations are recorded for gradients. */
@FunctionalInterface
public interface TrainingLoss {

  /**
   * The loss of a batch, averaged over its examples.
   *
   * @param logits of the network in training, N×K
   * @return a scalar, in nats
   */
  NDArray of(NDArray logits, Batch batch);

  /**
   * Cross-entropy with the labels.
   *
   * @param smoothing ε of label smoothing, 0…1
   */
  static TrainingLoss labels(double smoothing) {
    return (logits, batch) -> CrossEntropy.mean(logits, batch.y(), smoothing);
  }
}
