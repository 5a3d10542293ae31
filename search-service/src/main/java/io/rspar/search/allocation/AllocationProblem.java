package io.rspar.search.allocation;

import io.rspar.kit.sensitivity.GroupSensitivity;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Which width should every group keep?
 *
 * @param groups sensitivities, in network order
 * @param widths per group the widths that the constraints allow, ascending; the last is the full
 *     width
 * @param comparable whether scores of different groups share a unit
 * @param cost cost of a network with these kept widths (one per group), rising in every width
 * @param limit highest cost allowed, in the unit of {@code cost}
 */
public record AllocationProblem(
    List<GroupSensitivity> groups,
    int[][] widths,
    boolean comparable,
    ToLongFunction<int[]> cost,
    long limit) {

  public AllocationProblem {
    groups = List.copyOf(groups);
    if (groups.size() != widths.length) {
      throw new IllegalArgumentException("one list of widths per group");
    }
  }

  /** The full widths. */
  public int[] full() {
    int[] full = new int[widths.length];
    for (int g = 0; g < full.length; g++) {
      full[g] = widths[g][widths[g].length - 1];
    }
    return full;
  }

  /** The smallest widths that the constraints allow. */
  public int[] smallest() {
    int[] smallest = new int[widths.length];
    for (int g = 0; g < smallest.length; g++) {
      smallest[g] = widths[g][0];
    }
    return smallest;
  }

  public boolean isWithinLimit(int[] kept) {
    return cost.applyAsLong(kept) <= limit;
  }

  /**
   * The allowed width of a group that is nearest to a wanted one; of two equally near, the wider.
   */
  public int nearest(int group, double wanted) {
    int best = widths[group][0];
    for (int width : widths[group]) {
      if (Math.abs(width - wanted) <= Math.abs(best - wanted)) {
        best = width;
      }
    }
    return best;
  }

  /**
   * @throws UnreachableTargetException if even the smallest widths cost more than the limit
   */
  public void requireReachable() {
    long least = cost.applyAsLong(smallest());
    if (least > limit) {
      throw new UnreachableTargetException(limit, least, cost.applyAsLong(full()));
    }
  }
}
