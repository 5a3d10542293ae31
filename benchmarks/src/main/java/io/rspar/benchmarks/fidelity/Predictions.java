package io.rspar.benchmarks.fidelity;

import ai.djl.ndarray.NDArray;
import io.rspar.runtime.LayerwisePass;
import io.rspar.runtime.data.Dataset;
import java.util.ArrayList;
import java.util.List;

/**
 * Log-probabilities of a network for some examples.
 *
 * @param logProbabilities per example and class
 * @param examples their labels
 */
record Predictions(List<double[]> logProbabilities, Dataset examples) {

  /** What the network would give if the passes went on from here. */
  static Predictions of(LayerwisePass passes, Dataset examples) {
    List<double[]> rows = new ArrayList<>();
    for (NDArray outcome : passes.outcome()) {
      float[] logits = outcome.toFloatArray();
      int classes = (int) outcome.getShape().get(1);
      outcome.close();
      for (int from = 0; from < logits.length; from += classes) {
        rows.add(logSoftmax(logits, from, classes));
      }
    }
    return new Predictions(rows, examples);
  }

  private static double[] logSoftmax(float[] logits, int from, int classes) {
    double max = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      max = Math.max(max, logits[from + k]);
    }
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      sum += Math.exp(logits[from + k] - max);
    }
    double[] row = new double[classes];
    for (int k = 0; k < classes; k++) {
      row[k] = logits[from + k] - max - Math.log(sum);
    }
    return row;
  }

  /** Change of the mean cross-entropy over every step-th example from the first on, in nats. */
  double lossChange(Predictions before, int first, int step) {
    double sum = 0;
    int count = 0;
    for (int n = first; n < logProbabilities.size(); n += step) {
      int label = examples.label(n);
      sum += before.logProbabilities.get(n)[label] - logProbabilities.get(n)[label];
      count++;
    }
    return sum / count;
  }

  /** Mean KL(before ‖ this), in nats. */
  double divergence(Predictions before) {
    double sum = 0;
    for (int n = 0; n < logProbabilities.size(); n++) {
      double[] p = before.logProbabilities.get(n);
      double[] q = logProbabilities.get(n);
      for (int k = 0; k < p.length; k++) {
        sum += Math.exp(p[k]) * (p[k] - q[k]);
      }
    }
    return sum / logProbabilities.size();
  }
}
