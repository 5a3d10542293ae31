package io.rspar.runtime.training;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.runtime.Network;
import io.rspar.runtime.NonFiniteException;
import io.rspar.runtime.Torch;
import io.rspar.runtime.ValueHook;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.kernel.Mode;

/** Measures accuracy and loss. */
public final class Evaluator {
  private Evaluator() {}

  /**
   * Evaluates all examples in order.
   *
   * @throws io.rspar.runtime.data.InvalidDataException if examples or labels do not fit the network
   * @throws NonFiniteException if a logit is NaN or infinite
   */
  public static Evaluation evaluate(Network network, Dataset data, int batchSize) {
    return evaluate(network, data, batchSize, ValueHook.NONE);
  }

  /**
   * As {@link #evaluate(Network, Dataset, int)}, with values replaced on the way: channels masked
   * instead of cut.
   */
  public static Evaluation evaluate(Network network, Dataset data, int batchSize, ValueHook hook) {
    network.inputs().requireFit(data);
    data.requireLabelsBelow(network.classes());
    int right = 0;
    double loss = 0;
    try (NDManager manager = Torch.newManager()) {
      for (int[] indices : Batches.sequential(data.size(), batchSize)) {
        float[] logits = logits(network, data, indices, manager, hook);
        int classes = logits.length / indices.length;
        for (int n = 0; n < indices.length; n++) {
          int label = data.label(indices[n]);
          requireFinite(logits, n * classes, classes, indices[n]);
          int best = argMax(logits, n * classes, classes);
          right += best == label ? 1 : 0;
          loss += Predictions.logSumExp(logits, n * classes, classes) - logits[n * classes + label];
        }
      }
    }
    return new Evaluation((double) right / data.size(), loss / data.size(), data.size());
  }

  private static float[] logits(
      Network network, Dataset data, int[] indices, NDManager manager, ValueHook hook) {
    try (NDScope scope = new NDScope();
        Batch batch = data.batch(manager, indices)) {
      scope.suppressNotUsedWarning();
      return network.logits(network.inputs(batch), Mode.EVAL, hook).toFloatArray();
    }
  }

  private static void requireFinite(float[] logits, int from, int classes, int example) {
    for (int k = from; k < from + classes; k++) {
      if (!Float.isFinite(logits[k])) {
        throw new NonFiniteException(
            "the network gives example " + example + " the logit " + logits[k],
            "check the weights and the normalisation of the data; after fine-tuning, lower the"
                + " learning rate");
      }
    }
  }

  /** The first of the largest. */
  private static int argMax(float[] logits, int from, int classes) {
    int best = 0;
    for (int k = 1; k < classes; k++) {
      if (logits[from + k] > logits[from + best]) {
        best = k;
      }
    }
    return best;
  }
}
