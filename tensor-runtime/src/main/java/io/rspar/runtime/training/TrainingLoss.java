package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import io.rspar.runtime.CrossEntropy;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.kernel.Owned;
import java.util.function.Supplier;

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
   * This loss and a penalty on the weights.
   *
   * @param weight what the penalty is multiplied by
   * @param penalty a scalar
   */
  default TrainingLoss plus(double weight, Supplier<NDArray> penalty) {
    return (logits, batch) -> of(logits, batch).add(Owned.times(penalty.get(), weight));
  }

  /**
   * Cross-entropy with the labels.
   *
   * @param smoothing ε of label smoothing, 0…1
   */
  static TrainingLoss labels(double smoothing) {
    return (logits, batch) -> CrossEntropy.mean(logits, batch.y(), smoothing);
  }
}
