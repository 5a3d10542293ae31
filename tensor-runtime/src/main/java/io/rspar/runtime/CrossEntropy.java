package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import io.rspar.runtime.kernel.Owned;
import java.util.Arrays;

/** −log softmax(logits)[label], in nats. */
public final class CrossEntropy {
  private CrossEntropy() {}

  /**
   * The loss summed over the batch: its gradient with respect to an example's own activations is
   * that example's gradient.
   *
   * @param logits N×K
   * @param labels int64, N
   * @return a scalar
   */
  public static NDArray sum(NDArray logits, NDArray labels) {
    return sum(logits, labels, 0);
  }

  /**
   * The loss averaged over the batch, with label smoothing (Szegedy et al., "Rethinking the
   * Inception architecture for computer vision", CVPR 2016).
   *
   * @param smoothing ε: the target is (1 − ε)·one-hot + ε/K
   */
  public static NDArray mean(NDArray logits, NDArray labels, double smoothing) {
    return Owned.over(sum(logits, labels, smoothing), labels.size());
  }

  private static NDArray sum(NDArray logits, NDArray labels, double smoothing) {
    int classes = (int) logits.getShape().get(1);
    long[] indices = labels.toLongArray();
    float[] target = new float[indices.length * classes];
    Arrays.fill(target, (float) (smoothing / classes));
    for (int n = 0; n < indices.length; n++) {
      target[n * classes + (int) indices[n]] += (float) (1 - smoothing);
    }
    NDArray targets = Owned.copy(logits.getManager().create(target, logits.getShape()));
    return logits.logSoftmax(1).mul(targets).sum().neg();
  }
}
