package io.rspar.search.baseline;

import java.util.Arrays;

/**
 * One threshold per group, and the soft masks that follow from it:
 *
 * <pre>
 *   m_k = σ((s_k − θ_g) ⁄ τ)        ∂m_k ⁄ ∂θ_g = −m_k (1 − m_k) ⁄ τ
 * </pre>
 *
 * with s_k a channel's norm over the mean of its group.
 */
final class Thresholds {
  private final ChannelLayout layout;
  private final int[] smallest;
  private final double[] thresholds;

  /**
   * All at 0.
   *
   * @param smallest channels that every group keeps at least
   */
  Thresholds(ChannelLayout layout, int[] smallest) {
    this.layout = layout;
    this.smallest = smallest.clone();
    this.thresholds = new double[layout.groups()];
  }

  /** θ, live. */
  double[] values() {
    return thresholds;
  }

  /** Every norm over its group's mean. */
  static double[] relative(ChannelLayout layout, double[] norms) {
    double[] means = layout.sums(norms);
    Arrays.setAll(means, g -> Math.max(Double.MIN_NORMAL, means[g] / layout.width(g)));
    double[] row = layout.spread(means);
    Arrays.setAll(row, k -> norms[k] / row[k]);
    return row;
  }

  /** s_k − θ_g. */
  double[] margins(double[] scores) {
    double[] row = layout.spread(thresholds);
    Arrays.setAll(row, k -> scores[k] - row[k]);
    return row;
  }

  /** m. */
  double[] masks(double[] scores, double temperature) {
    return Arrays.stream(margins(scores)).map(d -> sigmoid(d / temperature)).toArray();
  }

  /**
   * The gradient of the thresholds.
   *
   * @param slopes derivative of the loss by each mask
   */
  double[] gradient(double[] masks, double[] slopes, double temperature) {
    double[] row = new double[masks.length];
    Arrays.setAll(row, k -> -slopes[k] * masks[k] * (1 - masks[k]) / temperature);
    return layout.sums(row);
  }

  /** Lowers thresholds above which fewer channels lie than a group has to keep. */
  void clamp(double[] scores) {
    for (int g = 0; g < thresholds.length; g++) {
      double[] sorted = layout.of(scores, g);
      Arrays.sort(sorted);
      thresholds[g] = Math.min(thresholds[g], sorted[sorted.length - smallest[g]]);
    }
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
