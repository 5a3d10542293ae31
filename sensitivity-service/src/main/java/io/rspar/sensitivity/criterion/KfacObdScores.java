package io.rspar.sensitivity.criterion;

import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.curvature.LayerFactors;
import java.util.List;
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
 * the rows of the producers.
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
    double[] w = layer.rows()[k];
    double[] gw = multiply(f.g()[k], w, f.outputs(), f.inputs());
    double[] a = f.a()[k];
    double[] scores = new double[channels.length];
    for (int c = 0; c < channels.length; c++) {
      int[] s = expand(channels[c], layer.patch());
      double trace = 0;
      for (int i : s) {
        for (int j : s) {
          double m = 0;
          for (int o = 0; o < f.outputs(); o++) {
            m += w[o * f.inputs() + i] * gw[o * f.inputs() + j];
          }
          trace += m * a[j * f.inputs() + i];
        }
      }
      scores[c] = trace / 2;
    }
    return scores;
  }

  /** Rows of one convolution group; rows that lie in another group score nothing here. */
  private static double[] rows(WeightedLayer layer, LayerFactors f, int k, int[][] channels) {
    double[] w = layer.rows()[k];
    double[] wa = multiplyRight(w, f.a()[k], f.outputs(), f.inputs());
    double[] scores = new double[channels.length];
    for (int c = 0; c < channels.length; c++) {
      for (int row : channels[c]) {
        int r = row - k * f.outputs();
        if (r < 0 || r >= f.outputs()) {
          continue;
        }
        double quadratic = 0;
        for (int i = 0; i < f.inputs(); i++) {
          quadratic += wa[r * f.inputs() + i] * w[r * f.inputs() + i];
        }
        scores[c] += f.g()[k][r * f.outputs() + r] * quadratic / 2;
      }
    }
    return scores;
  }

  /** Columns of the flattened weight that belong to these input channels. */
  private static int[] expand(int[] channels, int patch) {
    int[] columns = new int[channels.length * patch];
    for (int i = 0; i < channels.length; i++) {
      for (int p = 0; p < patch; p++) {
        columns[i * patch + p] = channels[i] * patch + p;
      }
    }
    return columns;
  }

  /** G (O×O) · W (O×I). */
  private static double[] multiply(double[] g, double[] w, int outputs, int inputs) {
    double[] result = new double[outputs * inputs];
    for (int o = 0; o < outputs; o++) {
      for (int p = 0; p < outputs; p++) {
        double factor = g[o * outputs + p];
        for (int i = 0; i < inputs; i++) {
          result[o * inputs + i] += factor * w[p * inputs + i];
        }
      }
    }
    return result;
  }

  /** W (O×I) · A (I×I). */
  private static double[] multiplyRight(double[] w, double[] a, int outputs, int inputs) {
    double[] result = new double[outputs * inputs];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        double factor = w[o * inputs + i];
        for (int j = 0; j < inputs; j++) {
          result[o * inputs + j] += factor * a[i * inputs + j];
        }
      }
    }
    return result;
  }

  /** Groups for which neither side has a layer with factors; their scores are all zero. */
  List<String> unscored(List<ChannelGroup> groups) {
    return groups.stream()
        .filter(g -> sum(g, Role.CONSUMER) == null && sum(g, Role.PRODUCER) == null)
        .map(ChannelGroup::id)
        .toList();
  }
}
