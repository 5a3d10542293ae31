package io.rspar.search.baseline;

import java.util.function.ToLongFunction;

/**
 * A network's cost as a function of widths that need not be whole: the sums of soft masks. A
 * layer's cost is a product of at most two extents, each a constant plus multiples of widths, so
 * the cost is a polynomial of the second degree,
 *
 * <pre>
 *   c(w) = c(W) + Σ_g a_g (w_g − W_g) + ½ Σ_gh B_gh (w_g − W_g)(w_h − W_h)
 * </pre>
 *
 * around the full widths W; differences of counted costs give its coefficients exactly. An operator
 * whose cost has a higher degree is approximated; whoever needs the exact cost counts it.
 */
final class ExpectedCost {
  private final int[] full;
  private final double dense;
  private final double[] linear;
  private final double[][] quadratic;

  /**
   * @param cost of whole widths from 1 to the full ones
   * @param full widths
   */
  ExpectedCost(ToLongFunction<int[]> cost, int[] full) {
    this.full = full.clone();
    this.dense = cost.applyAsLong(full);
    int groups = full.length;
    this.linear = new double[groups];
    this.quadratic = new double[groups][groups];
    // Wide differences: a cost that is rounded loses the less.
    int[] reach = new int[groups];
    double[] single = new double[groups];
    for (int g = 0; g < groups; g++) {
      reach[g] = Math.max(1, (full[g] - 1) / 2);
      single[g] = full[g] > 1 ? cost.applyAsLong(moved(g, reach[g])) - dense : 0;
      if (full[g] > 2) {
        double twice = cost.applyAsLong(moved(g, 2 * reach[g])) - dense;
        quadratic[g][g] = (twice - 2 * single[g]) / reach[g] / reach[g];
      }
      linear[g] = -(single[g] - quadratic[g][g] * reach[g] * reach[g] / 2) / reach[g];
    }
    for (int g = 0; g < groups; g++) {
      for (int h = 0; h < g; h++) {
        if (full[g] > 1 && full[h] > 1) {
          int[] both = moved(g, reach[g]);
          both[h] -= reach[h];
          double mixed = cost.applyAsLong(both) - dense - single[g] - single[h];
          quadratic[g][h] = mixed / reach[g] / reach[h];
          quadratic[h][g] = quadratic[g][h];
        }
      }
    }
  }

  private int[] moved(int group, int by) {
    int[] widths = full.clone();
    widths[group] -= by;
    return widths;
  }

  /** c(w). */
  double of(double[] widths) {
    double cost = dense;
    double[] slopes = slopes(widths);
    for (int g = 0; g < full.length; g++) {
      cost += (linear[g] + slopes[g]) / 2 * (widths[g] - full[g]);
    }
    return cost;
  }

  /** ∂c/∂w_g for every group. */
  double[] slopes(double[] widths) {
    double[] slopes = linear.clone();
    for (int g = 0; g < full.length; g++) {
      for (int h = 0; h < full.length; h++) {
        slopes[g] += quadratic[g][h] * (widths[h] - full[h]);
      }
    }
    return slopes;
  }
}
