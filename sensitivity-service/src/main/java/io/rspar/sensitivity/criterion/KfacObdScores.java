package io.rspar.sensitivity.criterion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.Torch;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.curvature.LayerFactors;
import java.util.Arrays;
import java.util.Map;

/**
 * The second-order estimate of what a channel's removal costs, in nats: Optimal Brain Damage (LeCun
 * et al. 1990) with the Kronecker-factored Fisher information, Kron-OBD of Wang et al. 2019
 * (EigenDamage, arXiv 1905.05934), applied to whole channels.
 *
 * <pre>
 *   consumer columns S:  L_S = ½ · tr(W_Sᵀ G W_S A_SS)
 *   producer row r:      L_r = ½ · G_rr · (w_rᵀ A w_r)
 * </pre>
 *
 * A removed channel takes its producer's row and its consumers' columns with it. Both describe the
 * same removal, so only one side is counted: the columns of all consumers where there are any, else
 * the rows of the producers. γ and β of a normalisation on the way describe that removal a third
 * time, and are not added either.
 */
final class KfacObdScores {
  private final Map<String, WeightedLayer> layers;
  private final Map<String, LayerFactors> factors;

  /**
   * @param layers by node name
   * @param factors by node name
   */
  KfacObdScores(Map<String, WeightedLayer> layers, Map<String, LayerFactors> factors) {
    this.layers = layers;
    this.factors = factors;
  }

  /** Scores of a group's channels, in nats. */
  double[] of(ChannelGroup group) {
    double[] consumed = sum(group, Role.CONSUMER);
    return consumed != null ? consumed : orZero(sum(group, Role.PRODUCER), group.width());
  }

  private static double[] orZero(double[] scores, int width) {
    return scores != null ? scores : new double[width];
  }

  /** Null where no layer with factors plays that role in the group. */
  private double[] sum(ChannelGroup group, Role role) {
    double[] total = null;
    for (Member member : group.members()) {
      WeightedLayer layer = layers.get(member.nodeName());
      if (member.role() != role || layer == null || !layer.weight().equals(member.tensor())) {
        continue;
      }
      total = total == null ? new double[group.width()] : total;
      for (int k = 0; k < layer.groups(); k++) {
        double[] scores =
            role == Role.CONSUMER
                ? columns(layer, factors.get(member.nodeName()), k, member.indices())
                : rows(layer, factors.get(member.nodeName()), k, member.indices());
        for (int c = 0; c < scores.length; c++) {
          total[c] += scores[c];
        }
      }
    }
    return total;
  }

  private static double[] columns(WeightedLayer layer, LayerFactors f, int k, int[][] channels) {
    double[] scores = new double[channels.length];
    double[] w = layer.rows()[k];
    try (NDManager manager = Torch.newManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray weight = manager.create(w, new Shape(f.outputs(), f.inputs()));
      double[] gw = f.g(k).matMul(weight).toDoubleArray();
      for (LayerFactors.InputBlock block : f.a()) {
        if (block.group() == k) {
          addColumns(scores, layer, block, w, gw, channels);
        }
      }
    }
    return scores;
  }

  private static void addColumns(
      double[] scores,
      WeightedLayer layer,
      LayerFactors.InputBlock block,
      double[] w,
      double[] gw,
      int[][] channels) {
    int size = block.columns().length;
    int inputs = layer.columns();
    int[] position = new int[inputs];
    double[] a = block.matrix().toDoubleArray();
    Arrays.fill(position, -1);
    for (int i = 0; i < size; i++) {
      position[block.columns()[i]] = i;
    }
    for (int c = 0; c < scores.length; c++) {
      int[] s = Arrays.stream(layer.columnsOf(channels[c])).filter(i -> position[i] >= 0).toArray();
      double trace = 0;
      for (int i : s) {
        for (int j : s) {
          double m = 0;
          for (int o = 0; o < layer.outputs(); o++) {
            m += w[o * inputs + i] * gw[o * inputs + j];
          }
          trace += m * a[position[j] * size + position[i]];
        }
      }
      scores[c] += trace / 2;
    }
  }

  /** Rows of one convolution group; rows that lie in another group score nothing here. */
  private static double[] rows(WeightedLayer layer, LayerFactors f, int k, int[][] channels) {
    double[] quadratic;
    try (NDManager manager = Torch.newManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray w = manager.create(layer.rows()[k], new Shape(f.outputs(), f.inputs()));
      NDArray g = f.g(k);
      NDArray diagonal =
          g.mul(g.getManager().eye(f.outputs(), f.outputs(), 0, DataType.FLOAT64))
              .sum(new int[] {0});
      quadratic = f.timesA(w, k).mul(w).sum(new int[] {1}).mul(diagonal).toDoubleArray();
    }
    double[] scores = new double[channels.length];
    for (int c = 0; c < channels.length; c++) {
      for (int row : channels[c]) {
        int r = row - k * f.outputs();
        if (r >= 0 && r < f.outputs()) {
          scores[c] += quadratic[r] / 2;
        }
      }
    }
    return scores;
  }

  /** Whether neither side of a group has a layer with factors; then its scores are all zero. */
  boolean isUnscored(ChannelGroup group) {
    return sum(group, Role.CONSUMER) == null && sum(group, Role.PRODUCER) == null;
  }
}
