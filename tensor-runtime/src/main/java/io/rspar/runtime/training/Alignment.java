package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.rspar.runtime.kernel.Owned;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How differently importance is distributed over the channels of neighbouring groups, in the
 * simplified form of structural alignment (Gao et al., "Structural Alignment for Network Pruning
 * through Partial Regularization", ICCV 2023; the paper aligns by a partial group lasso): every
 * group's importances are sorted, resampled to as many quantiles as any other's, and divided by
 * their sum; then
 *
 * <pre>
 *   D = Σ_l KL(p_l ‖ p_{l+1})
 * </pre>
 *
 * in nats over neighbours in network order. Where importances are computed from weights inside
 * recorded work, D is differentiable in them.
 */
public final class Alignment {
  /** M: groups differ in width, their distributions have this many points each. */
  public static final int QUANTILES = 32;

  /** Keeps logarithms finite. */
  private static final double SMALLEST = 1e-8;

  private Alignment() {}

  /**
   * D.
   *
   * @param importances per group, in network order, one non-negative number per channel
   * @return a scalar; 0 for fewer than two groups
   */
  public static NDArray divergence(List<NDArray> importances) {
    List<NDArray> distributions = importances.stream().map(Alignment::distribution).toList();
    NDArray total = Owned.scalar(importances.get(0), 0);
    for (int l = 0; l + 1 < distributions.size(); l++) {
      NDArray p = distributions.get(l);
      NDArray next = distributions.get(l + 1);
      total = total.add(p.mul(p.log().sub(next.log())).sum());
    }
    return total;
  }

  /** p: the quantiles over their sum. */
  private static NDArray distribution(NDArray importance) {
    NDArray quantiles = quantiles(importance);
    NDArray positive = quantiles.add(Owned.scalar(quantiles, SMALLEST));
    return positive.div(positive.sum());
  }

  /**
   * M quantiles of a group's importances, ascending, linear between the sorted values.
   *
   * @param importance C
   * @return M
   */
  static NDArray quantiles(NDArray importance) {
    NDManager manager = importance.getManager();
    float[] values = importance.toFloatArray();
    long[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToLong(Integer::longValue)
            .toArray();
    NDArray sorted = importance.gather(Owned.copy(manager.create(order)), 0);
    NDArray resampling =
        Owned.copy(manager.create(resampling(values.length), new Shape(QUANTILES, values.length)));
    return resampling.matMul(sorted.reshape(values.length, 1)).reshape(QUANTILES);
  }

  /** M×C: quantile j lies at the place of its midpoint among the midpoints of the values. */
  private static float[] resampling(int width) {
    float[] matrix = new float[QUANTILES * width];
    for (int j = 0; j < QUANTILES; j++) {
      double place = Math.max(0, Math.min(width - 1.0, (j + 0.5) * width / QUANTILES - 0.5));
      int below = (int) Math.min(width - 1, Math.floor(place));
      int above = Math.min(width - 1, below + 1);
      matrix[j * width + below] += (float) (1 - (place - below));
      matrix[j * width + above] += (float) (place - below);
    }
    return matrix;
  }
}
