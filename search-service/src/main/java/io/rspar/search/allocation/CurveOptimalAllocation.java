package io.rspar.search.allocation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Widths that minimise the summed error curves under the cost limit. The cost of a layer is a
 * product of two widths, so the separable dynamic programme of SPDY (Frantar and Alistarh 2022,
 * arXiv 2201.13096) does not apply as it stands. Instead: descend along the lower convex hulls of
 * the curves by the least loss per saved cost, each saving taken from the true cost of the whole
 * network at that point, then exchange widths between pairs of groups for as long as the loss
 * falls.
 *
 * @param temper how far the levels of the curves are trusted across groups, see {@link
 *     LossCurves#tempered}
 */
public record CurveOptimalAllocation(double temper) implements AllocationPolicy {
  private static final int MAX_EXCHANGES = 10_000;

  public CurveOptimalAllocation {
    if (!(temper >= 0 && temper <= 1)) {
      throw new IllegalArgumentException("temper must lie in 0…1, not " + temper);
    }
  }

  @Override
  public int[] allocate(AllocationProblem problem) {
    return allocate(problem, LossCurves.tempered(problem.groups(), problem.comparable(), temper));
  }

  /** Widths within the limit whose summed loss is as low as descent and exchange find it. */
  public static int[] allocate(AllocationProblem problem, LossCurves curves) {
    problem.requireReachable();
    double[][] losses = new double[problem.widths().length][];
    for (int g = 0; g < losses.length; g++) {
      int group = g;
      losses[g] =
          Arrays.stream(problem.widths()[g]).mapToDouble(w -> curves.loss(group, w)).toArray();
    }
    int[] choice = descend(problem, losses);
    exchange(problem, losses, choice);
    return kept(problem, choice);
  }

  private static int[] descend(AllocationProblem problem, double[][] losses) {
    int groups = losses.length;
    int[] choice = new int[groups];
    List<List<Integer>> hulls = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      choice[g] = losses[g].length - 1;
      hulls.add(hullBelow(problem.widths()[g], losses[g]));
    }
    long cost = problem.cost().applyAsLong(kept(problem, choice));
    while (cost > problem.limit()) {
      int best = -1;
      int bestNext = -1;
      long bestCost = cost;
      double bestRate = Double.POSITIVE_INFINITY;
      for (int g = 0; g < groups; g++) {
        int next = nextBelow(hulls.get(g), choice[g]);
        if (next < 0) {
          continue;
        }
        int[] trial = choice.clone();
        trial[g] = next;
        long trialCost = problem.cost().applyAsLong(kept(problem, trial));
        long saved = cost - trialCost;
        double rate = (losses[g][next] - losses[g][choice[g]]) / Math.max(1e-9, (double) saved);
        if (rate < bestRate) {
          best = g;
          bestNext = next;
          bestCost = trialCost;
          bestRate = rate;
        }
      }
      choice[best] = bestNext;
      cost = bestCost;
    }
    return choice;
  }

  /**
   * Indices of the widths on the lower convex hull of (width, loss), widest first. A width off the
   * hull is never the best rate; one on a straight stretch of it is, and makes the steps small.
   */
  private static List<Integer> hullBelow(int[] widths, double[] losses) {
    List<Integer> hull = new ArrayList<>();
    for (int i = widths.length - 1; i >= 0; i--) {
      while (hull.size() >= 2) {
        int a = hull.get(hull.size() - 2);
        int b = hull.get(hull.size() - 1);
        double slopeAb = (losses[b] - losses[a]) / (widths[a] - widths[b]);
        double slopeBi = (losses[i] - losses[b]) / (widths[b] - widths[i]);
        if (slopeBi >= slopeAb - 1e-12 * Math.abs(slopeAb)) {
          break;
        }
        hull.remove(hull.size() - 1);
      }
      hull.add(i);
    }
    return hull;
  }

  private static int nextBelow(List<Integer> hull, int current) {
    for (int i : hull) {
      if (i < current) {
        return i;
      }
    }
    return -1;
  }

  /** Widens one group, alone or at another's expense, while the summed loss falls. */
  private static void exchange(AllocationProblem problem, double[][] losses, int[] choice) {
    for (int i = 0; i < MAX_EXCHANGES; i++) {
      if (!exchangeOnce(problem, losses, choice)) {
        return;
      }
    }
  }

  private static boolean exchangeOnce(AllocationProblem problem, double[][] losses, int[] choice) {
    double bestGain = 1e-12;
    int[] best = null;
    for (int up = 0; up < choice.length; up++) {
      for (int wider = choice[up] + 1; wider < losses[up].length; wider++) {
        double gain = losses[up][choice[up]] - losses[up][wider];
        if (gain <= bestGain) {
          continue;
        }
        int[] trial = choice.clone();
        trial[up] = wider;
        if (problem.isWithinLimit(kept(problem, trial))) {
          bestGain = gain;
          best = trial;
          continue;
        }
        for (int down = 0; down < choice.length; down++) {
          if (down == up) {
            continue;
          }
          int[] paid = cheapestPayment(problem, losses, trial, down, gain - bestGain);
          if (paid != null) {
            bestGain = gain - (losses[down][paid[down]] - losses[down][choice[down]]);
            best = paid;
          }
        }
      }
    }
    if (best == null) {
      return false;
    }
    System.arraycopy(best, 0, choice, 0, choice.length);
    return true;
  }

  /**
   * The widest narrowing of one group that pays for the trial at a loss below the gain, or null.
   */
  private static int[] cheapestPayment(
      AllocationProblem problem, double[][] losses, int[] trial, int down, double gain) {
    for (int narrower = trial[down] - 1; narrower >= 0; narrower--) {
      if (losses[down][narrower] - losses[down][trial[down]] >= gain) {
        return null;
      }
      int[] paid = trial.clone();
      paid[down] = narrower;
      if (problem.isWithinLimit(kept(problem, paid))) {
        return paid;
      }
    }
    return null;
  }

  private static int[] kept(AllocationProblem problem, int[] choice) {
    int[] kept = new int[choice.length];
    for (int g = 0; g < kept.length; g++) {
      kept[g] = problem.widths()[g][choice[g]];
    }
    return kept;
  }
}
