package io.rspar.search.baseline;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * One logit per channel, from which masks of 0 and 1 are drawn:
 *
 * <pre>
 *   y_k = σ((w_k + n_k) ⁄ T)     n_k ~ Gumbel(0, 1)     m_k = 1 if y_k ≥ ½, else 0
 * </pre>
 *
 * The step is taken straight through: the derivative of m_k by w_k is that of y_k.
 */
final class MaskLogits {
  /** A channel is off in 7 % of the draws at first: each is tried, most stay. */
  private static final double INITIAL = 1;

  /** P(w + n ≥ 0) = ½ here. */
  private static final double EVEN = Math.log(Math.log(2));

  private final ChannelLayout layout;
  private final int[] smallest;
  private final double temperature;
  private final double[] logits;

  /**
   * @param smallest channels that every group keeps at least
   * @param temperature T
   */
  MaskLogits(ChannelLayout layout, int[] smallest, double temperature) {
    this.layout = layout;
    this.smallest = smallest.clone();
    this.temperature = temperature;
    this.logits = new double[layout.channels()];
    Arrays.fill(logits, INITIAL);
  }

  /**
   * Masks that were drawn.
   *
   * @param masks m
   * @param soft y
   */
  // Plain arrays: handed on, never compared and never changed.
  @SuppressWarnings("ArrayRecordComponent")
  record Drawn(double[] masks, double[] soft) {}

  /** w, live. */
  double[] values() {
    return logits;
  }

  /** Draws masks. */
  Drawn draw(Random random) {
    double[] noisy = new double[logits.length];
    for (int k = 0; k < noisy.length; k++) {
      // 1 − u lies in (0, 1]: −log of it is finite, and 0 gives infinite noise, which is "on".
      noisy[k] = logits[k] - Math.log(-Math.log(1 - random.nextDouble()));
    }
    return new Drawn(
        hard(noisy, 0), Arrays.stream(noisy).map(x -> sigmoid(x / temperature)).toArray());
  }

  /** The masks that are likelier than not. */
  double[] expected() {
    return hard(logits, EVEN);
  }

  /** Channels above the bound, and of every group at least the best it has to keep. */
  private double[] hard(double[] row, double bound) {
    double[] masks = Arrays.stream(row).map(x -> x >= bound ? 1 : 0).toArray();
    for (int g = 0; g < layout.groups(); g++) {
      int group = g;
      IntStream.range(0, layout.width(g))
          .mapToObj(c -> layout.place(group, c))
          .sorted(Comparator.comparingDouble(k -> -row[k]))
          .limit(smallest[g])
          .forEach(k -> masks[k] = 1);
    }
    return masks;
  }

  /**
   * The gradient of the logits.
   *
   * @param slopes derivative of the loss by each mask
   */
  double[] gradient(Drawn drawn, double[] slopes) {
    double[] gradient = new double[logits.length];
    Arrays.setAll(gradient, k -> slopes[k] * drawn.soft()[k] * (1 - drawn.soft()[k]) / temperature);
    return gradient;
  }

  /** Logits over the bound of the expected masks. */
  double[] margins() {
    return Arrays.stream(logits).map(w -> w - EVEN).toArray();
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
