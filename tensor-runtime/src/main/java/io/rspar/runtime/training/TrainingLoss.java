package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import io.rspar.runtime.CrossEntropy;
import io.rspar.runtime.ValueHook;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.kernel.Owned;
import java.util.function.Supplier;

/** What a training step minimises. Its operations are recorded for gradients. */
@FunctionalInterface
public interface TrainingLoss {

  /** The network in training and the examples of a batch. */
  @FunctionalInterface
  interface Student {
    /**
     * One forward pass.
     *
     * @param hook sees every value on the way
     * @return N×K
     */
    NDArray logits(ValueHook hook);
  }

  /**
   * The loss of a batch, averaged over its examples.
   *
   * @return a scalar, in nats
   */
  NDArray of(Student student, Batch batch);

  /**
   * This loss and a penalty on the weights.
   *
   * @param weight what the penalty is multiplied by
   * @param penalty a scalar
   */
  default TrainingLoss plus(double weight, Supplier<NDArray> penalty) {
    return (student, batch) -> of(student, batch).add(Owned.times(penalty.get(), weight));
  }

  /**
   * Cross-entropy with the labels.
   *
   * @param smoothing ε of label smoothing, 0…1
   */
  static TrainingLoss labels(double smoothing) {
    return (student, batch) ->
        CrossEntropy.mean(student.logits(ValueHook.NONE), batch.y(), smoothing);
  }
}
