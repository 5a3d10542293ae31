package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import io.rspar.runtime.Network;
import io.rspar.runtime.ValueHook;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.kernel.Owned;

/**
 * Learning from the original's predictions (Hinton, Vinyals, Dean, "Distilling the knowledge in a
 * neural network", 2015, arXiv 1503.02531): (1 − w) · L + w · T² · mean KL(p_T ‖ q_T), with p_T and
 * q_T the softmax of the original's and of the network's logits over T. The factor T² keeps the
 * gradient's size independent of the temperature.
 */
public final class Distillation implements TrainingLoss {
  private final Network original;
  private final TrainingLoss labels;
  private final double weight;
  private final double temperature;

  /**
   * @param original the teacher; runs in evaluation mode on the same augmented examples
   * @param labels L, the loss that the divergence is mixed with
   * @param weight w, 0…1
   * @param temperature T, above 0
   */
  public Distillation(Network original, TrainingLoss labels, double weight, double temperature) {
    if (!(weight >= 0 && weight <= 1)) {
      throw new IllegalArgumentException("weight is " + weight + ", must be from 0 to 1");
    }
    if (!(temperature > 0 && Double.isFinite(temperature))) {
      throw new IllegalArgumentException("temperature is " + temperature + ", must be above 0");
    }
    this.original = original;
    this.labels = labels;
    this.weight = weight;
    this.temperature = temperature;
  }

  @Override
  public NDArray of(NDArray logits, Batch batch) {
    NDArray taught = original.logits(original.inputs(batch), Mode.EVAL, ValueHook.NONE);
    NDArray teacher = Owned.over(taught, temperature).logSoftmax(1);
    NDArray student = Owned.over(logits, temperature).logSoftmax(1);
    NDArray divergence = teacher.exp().mul(teacher.sub(student)).sum();
    NDArray mean =
        Owned.times(divergence, weight * temperature * temperature / logits.getShape().get(0));
    // Without a share the labels' loss would only cost time.
    return weight == 1 ? mean : Owned.times(labels.of(logits, batch), 1 - weight).add(mean);
  }
}
