package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import io.rspar.runtime.data.Batch;
import java.util.SplittableRandom;

/**
 * Whose loss is back-propagated. With labels drawn from the model's own prediction, the mean of
 * squared gradients is the true Fisher information; with the data's labels it is the empirical one
 * (Kunstner, Hennig, Balles: "Limitations of the empirical Fisher approximation for natural
 * gradient descent", NeurIPS 2019).
 */
@FunctionalInterface
public interface LabelSampler {
  /**
   * Labels for one batch.
   *
   * @param logits N×K
   * @return int64, N
   */
  NDArray labels(NDArray logits, Batch batch);

  /** The data's labels: empirical Fisher. */
  static LabelSampler fromData() {
    return (logits, batch) -> batch.y();
  }

  /**
   * One label per example drawn from softmax(logits): true Fisher. What is drawn depends on the
   * seed and on where the example lies in its data set, not on which examples came before: whoever
   * looks at an example draws the same label.
   */
  static LabelSampler fromModel(long seed) {
    long start = new SplittableRandom(seed).nextLong();
    return (logits, batch) -> {
      int classes = (int) logits.getShape().get(1);
      float[] probabilities;
      try (NDArray softmax = logits.softmax(1)) {
        probabilities = softmax.toFloatArray();
      }
      long[] labels = new long[probabilities.length / classes];
      for (int n = 0; n < labels.length; n++) {
        double left = new SplittableRandom(start + batch.indices()[n]).nextDouble();
        int k = 0;
        while (k < classes - 1 && left >= probabilities[n * classes + k]) {
          left -= probabilities[n * classes + k];
          k++;
        }
        labels[n] = k;
      }
      return logits.getManager().create(labels);
    };
  }
}
