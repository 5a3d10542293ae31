package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import io.rspar.runtime.LayerwisePass;
import io.rspar.runtime.data.Dataset;
import java.util.ArrayList;
import java.util.List;

/**
 * Log-probabilities that a network gives to the classes of some examples, in nats.
 *
 * @param logProbabilities per example, in order, one per class
 */
public record Predictions(List<double[]> logProbabilities) {

  /** What the network would give if the passes went on from here. */
  public static Predictions of(LayerwisePass passes) {
    List<double[]> rows = new ArrayList<>();
    for (NDArray outcome : passes.outcome()) {
      int classes = (int) outcome.getShape().get(1);
      addRows(rows, outcome.toFloatArray(), classes);
      outcome.close();
    }
    return new Predictions(rows);
  }

  /**
   * The softmax of logits.
   *
   * @param logits N×K, row-major
   * @param classes K
   */
  public static Predictions ofLogits(float[] logits, int classes) {
    List<double[]> rows = new ArrayList<>();
    addRows(rows, logits, classes);
    return new Predictions(rows);
  }

  private static void addRows(List<double[]> rows, float[] logits, int classes) {
    for (int from = 0; from < logits.length; from += classes) {
      double total = logSumExp(logits, from, classes);
      double[] row = new double[classes];
      for (int k = 0; k < classes; k++) {
        row[k] = logits[from + k] - total;
      }
      rows.add(row);
    }
  }

  /** Logarithm of the sum of the exponentials of some elements. */
  static double logSumExp(float[] logits, int from, int classes) {
    double max = Double.NEGATIVE_INFINITY;
    for (int k = from; k < from + classes; k++) {
      max = Math.max(max, logits[k]);
    }
    double sum = 0;
    for (int k = from; k < from + classes; k++) {
      sum += Math.exp(logits[k] - max);
    }
    return max + Math.log(sum);
  }

  /**
   * Change of the mean cross-entropy over every step-th example from the first on, in nats.
   *
   * @param examples the examples, for their labels
   */
  public double lossChange(Predictions before, Dataset examples, int first, int step) {
    double sum = 0;
    int count = 0;
    for (int n = first; n < logProbabilities.size(); n += step) {
      int label = examples.label(n);
      sum += before.logProbabilities.get(n)[label] - logProbabilities.get(n)[label];
      count++;
    }
    return sum / count;
  }

  /** Mean Kullback-Leibler divergence KL(before ‖ this) over the examples, in nats. */
  public double divergence(Predictions before) {
    double total = 0;
    for (int n = 0; n < logProbabilities.size(); n++) {
      double[] p = before.logProbabilities.get(n);
      double[] q = logProbabilities.get(n);
      double sum = 0;
      for (int k = 0; k < p.length; k++) {
        sum += Math.exp(p[k]) * (p[k] - q[k]);
      }
      // Rounding alone makes it negative.
      total += Math.max(0, sum);
    }
    return total / logProbabilities.size();
  }
}
