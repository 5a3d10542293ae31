package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import io.rspar.runtime.Network;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.kernel.Owned;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Learning from the original:
 *
 * <pre>
 *   (1 − w) · L + w · T² · mean KL(p_T ‖ q_T) + f · mean_v ‖s_v − t_v‖² / ‖t_v‖²
 * </pre>
 *
 * with p_T and q_T the softmax of the original's and of the network's logits over T (Hinton,
 * Vinyals, Dean, "Distilling the knowledge in a neural network", 2015, arXiv 1503.02531; the factor
 * T² keeps the gradient's size independent of the temperature), and s_v what a layer of the network
 * reads, t_v the same channels of what it reads in the original. The last term is that of hints
 * (Romero et al., "FitNets", ICLR 2015, arXiv 1412.6550) at every layer; no regressor stands
 * between, since the channels of a cut network are channels of the original.
 */
public final class Distillation implements TrainingLoss {
  /** Keeps the relative error of a value that is all zeros finite. */
  private static final double SMALLEST = 1e-12;

  private final Network original;
  private final TrainingLoss labels;
  private final double weight;
  private final double temperature;
  private final double featureWeight;
  private final SharedValues features;

  /**
   * From predictions alone, f = 0.
   *
   * @param original the teacher; runs in evaluation mode on the same augmented examples
   * @param labels L, the loss that the divergence is mixed with
   * @param weight w, 0…1
   * @param temperature T, above 0
   */
  public Distillation(Network original, TrainingLoss labels, double weight, double temperature) {
    this(original, labels, weight, temperature, 0, SharedValues.none());
  }

  private Distillation(
      Network original,
      TrainingLoss labels,
      double weight,
      double temperature,
      double featureWeight,
      SharedValues features) {
    if (!(weight >= 0 && weight <= 1)) {
      throw new IllegalArgumentException("weight is " + weight + ", must be from 0 to 1");
    }
    if (!(temperature > 0 && Double.isFinite(temperature))) {
      throw new IllegalArgumentException("temperature is " + temperature + ", must be above 0");
    }
    if (!(featureWeight >= 0 && Double.isFinite(featureWeight))) {
      throw new IllegalArgumentException(
          "featureWeight is " + featureWeight + ", must be 0 or more");
    }
    this.original = original;
    this.labels = labels;
    this.weight = weight;
    this.temperature = temperature;
    this.featureWeight = featureWeight;
    this.features = features;
  }

  /**
   * This and the term of what layers read.
   *
   * @param featureWeight f, 0 or more
   * @param features those of the network in training beside those of the original
   */
  public Distillation withFeatures(double featureWeight, SharedValues features) {
    return new Distillation(original, labels, weight, temperature, featureWeight, features);
  }

  @Override
  public NDArray of(Student student, Batch batch) {
    Map<String, NDArray> wanted = new HashMap<>();
    NDArray taught =
        original.logits(
            original.inputs(batch),
            Mode.EVAL,
            (name, value) -> {
              if (features.contains(name)) {
                wanted.put(name, features.counterpart(name, value));
              }
              return value;
            });
    List<NDArray> errors = new ArrayList<>();
    NDArray logits =
        student.logits(
            (name, value) -> {
              if (wanted.containsKey(name)) {
                errors.add(relativeError(value, wanted.get(name)));
              }
              return value;
            });
    NDArray loss = predictions(taught, logits, batch);
    return errors.isEmpty() ? loss : loss.add(mean(errors, featureWeight));
  }

  /** (1 − w) · L + w · T² · mean KL(p_T ‖ q_T). */
  private NDArray predictions(NDArray taught, NDArray logits, Batch batch) {
    if (weight == 0) {
      return labels.of(hook -> logits, batch);
    }
    NDArray teacher = Owned.over(taught, temperature).logSoftmax(1);
    NDArray student = Owned.over(logits, temperature).logSoftmax(1);
    NDArray divergence = teacher.exp().mul(teacher.sub(student)).sum();
    NDArray mean =
        Owned.times(divergence, weight * temperature * temperature / logits.getShape().get(0));
    // Without a share the labels' loss would only cost time.
    return weight == 1 ? mean : Owned.times(labels.of(hook -> logits, batch), 1 - weight).add(mean);
  }

  private static NDArray relativeError(NDArray value, NDArray wanted) {
    NDArray size = wanted.square().sum();
    return value.sub(wanted).square().sum().div(size.add(Owned.scalar(size, SMALLEST)));
  }

  private static NDArray mean(List<NDArray> errors, double factor) {
    NDArray sum = errors.stream().reduce(NDArray::add).orElseThrow();
    return Owned.times(sum, factor / errors.size());
  }
}
