package io.rspar.search.allocation;

import io.rspar.kit.sensitivity.GroupSensitivity;
import java.util.List;

/** What each group is expected to lose at each width, in a unit that all groups share. */
public final class LossCurves {
  /** Per group, by the number of channels removed. */
  private final double[][] byRemoved;

  private LossCurves(double[][] byRemoved) {
    this.byRemoved = byRemoved;
  }

  /**
   * Sensitivity curves with their levels trusted more or less: a second-order estimate is local,
   * and for large cuts its level misleads although its shape is right.
   *
   * @param comparable whether the curves share a unit; where they do not, each is taken relative to
   *     its group's mean score first
   * @param temper 0 to 1: a group's curve is divided by (its own total)^(1 − temper). 1 takes the
   *     curves as they are, 0 lets every group count alike
   */
  public static LossCurves tempered(
      List<GroupSensitivity> groups, boolean comparable, double temper) {
    double[][] losses = new double[groups.size()][];
    for (int g = 0; g < losses.length; g++) {
      GroupSensitivity group = groups.get(g);
      double total = group.curve()[group.width()];
      double unit = comparable || total == 0 ? 1 : group.width() / total;
      double scale = total > 0 ? unit * Math.pow(total * unit, temper - 1) : 1;
      losses[g] = scaled(group.curve(), scale);
    }
    return new LossCurves(losses);
  }

  /** The same curves, each group's times a factor of its own. */
  public LossCurves scaled(double[] factors) {
    double[][] losses = new double[byRemoved.length][];
    for (int g = 0; g < losses.length; g++) {
      losses[g] = scaled(byRemoved[g], factors[g]);
    }
    return new LossCurves(losses);
  }

  private static double[] scaled(double[] curve, double factor) {
    double[] scaled = new double[curve.length];
    for (int k = 0; k < scaled.length; k++) {
      scaled[k] = factor * curve[k];
    }
    return scaled;
  }

  /** Expected loss of a group that keeps so many channels. */
  public double loss(int group, int kept) {
    return byRemoved[group][byRemoved[group].length - 1 - kept];
  }

  /** Expected losses of all groups at these widths. */
  public double[] losses(int[] kept) {
    double[] losses = new double[kept.length];
    for (int g = 0; g < losses.length; g++) {
      losses[g] = loss(g, kept[g]);
    }
    return losses;
  }
}
