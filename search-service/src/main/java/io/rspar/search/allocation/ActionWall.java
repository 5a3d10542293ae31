package io.rspar.search.allocation;

/**
 * Turns one wish per group into widths that use the budget and never exceed it. AMC's wall (He et
 * al. 2018, arXiv 1802.03494, §3.3) lets the last layers pay for what the first ones took; here all
 * groups pay: one shift of all wishes is sought that meets the limit, and what rounding leaves of
 * the budget goes to the groups that rounding cut short.
 *
 * <p>A wish is a real number u: the share σ(u) of what may go of the group goes.
 */
public final class ActionWall {
  /** Shifts by this much remove all or nothing. */
  private static final double REACH = 40;

  private static final int BISECTIONS = 40;

  private final AllocationProblem problem;
  private final int[] full;
  private final int[] smallest;

  /**
   * @throws UnreachableTargetException if no allowed widths are within the limit
   */
  public ActionWall(AllocationProblem problem) {
    problem.requireReachable();
    this.problem = problem;
    this.full = problem.full();
    this.smallest = problem.smallest();
  }

  /** Widths within the limit that come as close to the wishes as the budget lets them. */
  public int[] widths(double[] wishes) {
    double low = -REACH;
    double high = REACH;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = (low + high) / 2;
      if (problem.isWithinLimit(rounded(wishes, middle))) {
        high = middle;
      } else {
        low = middle;
      }
    }
    int[] kept = rounded(wishes, high);
    while (widen(kept, wishes, high)) {
      // one group a step
    }
    return kept;
  }

  /** The wishes that ask for these widths. */
  public double[] wishes(int[] kept) {
    double[] wishes = new double[kept.length];
    for (int g = 0; g < kept.length; g++) {
      double removable = full[g] - smallest[g];
      double share = removable == 0 ? 0.5 : (full[g] - kept[g]) / removable;
      // Half a channel from the ends: the ends themselves lie at infinity.
      double margin = 0.5 / Math.max(1, removable);
      share = Math.min(1 - margin, Math.max(margin, share));
      wishes[g] = Math.log(share / (1 - share));
    }
    return wishes;
  }

  private double wanted(int group, double wish) {
    return full[group] - (full[group] - smallest[group]) / (1 + Math.exp(-wish));
  }

  private int[] rounded(double[] wishes, double shift) {
    int[] kept = new int[wishes.length];
    for (int g = 0; g < kept.length; g++) {
      kept[g] = problem.nearest(g, wanted(g, wishes[g] + shift));
    }
    return kept;
  }

  /** Gives the next width to the group that lacks the largest part of a step, where that fits. */
  private boolean widen(int[] kept, double[] wishes, double shift) {
    int best = -1;
    int bestWidth = 0;
    double bestLack = Double.NEGATIVE_INFINITY;
    for (int g = 0; g < kept.length; g++) {
      int next = nextWider(g, kept[g]);
      if (next < 0) {
        continue;
      }
      double lack = (wanted(g, wishes[g] + shift) - kept[g]) / (next - kept[g]);
      if (lack > bestLack) {
        int[] trial = kept.clone();
        trial[g] = next;
        if (problem.isWithinLimit(trial)) {
          best = g;
          bestWidth = next;
          bestLack = lack;
        }
      }
    }
    if (best < 0) {
      return false;
    }
    kept[best] = bestWidth;
    return true;
  }

  private int nextWider(int group, int width) {
    for (int candidate : problem.widths()[group]) {
      if (candidate > width) {
        return candidate;
      }
    }
    return -1;
  }
}
