package io.rspar.search.allocation;

import io.rspar.kit.sensitivity.GroupSensitivity;
import java.util.Arrays;

/**
 * One threshold over the channel scores of all groups: whatever lies below goes. Scores without a
 * common unit are divided by their group's mean first, as DepGraph does (Fang et al. 2023, arXiv
 * 2301.12900).
 */
public record GlobalThresholdAllocation() implements AllocationPolicy {

  @Override
  public int[] allocate(AllocationProblem problem) {
    problem.requireReachable();
    double[][] scores =
        problem.groups().stream()
            .map(g -> problem.comparable() ? g.scores() : relativeToMean(g))
            .toArray(double[][]::new);
    double[] sorted = Arrays.stream(scores).flatMapToDouble(Arrays::stream).sorted().toArray();
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) / 2;
      if (problem.isWithinLimit(widths(problem, scores, sorted, middle))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return widths(problem, scores, sorted, high);
  }

  /** Widths when the {@code removed} lowest scores of all go. */
  private static int[] widths(
      AllocationProblem problem, double[][] scores, double[] sorted, int removed) {
    double threshold = removed == 0 ? Double.NEGATIVE_INFINITY : sorted[removed - 1];
    int[] kept = new int[scores.length];
    for (int g = 0; g < kept.length; g++) {
      int above = (int) Arrays.stream(scores[g]).filter(s -> s > threshold).count();
      kept[g] = problem.nearest(g, above);
    }
    return kept;
  }

  private static double[] relativeToMean(GroupSensitivity group) {
    double mean = Arrays.stream(group.scores()).average().orElse(1);
    return Arrays.stream(group.scores()).map(s -> mean > 0 ? s / mean : s).toArray();
  }
}
