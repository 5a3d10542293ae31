package io.rspar.search.allocation;

/** A rule that spreads a cut over the groups of a network. */
public sealed interface AllocationPolicy
    permits UniformAllocation,
        GlobalThresholdAllocation,
        CurveOptimalAllocation,
        LearnedAllocation {
  /**
   * Kept widths whose cost is within the limit.
   *
   * @return one allowed width per group, in the problem's order
   * @throws UnreachableTargetException if no allowed widths are within the limit
   */
  int[] allocate(AllocationProblem problem);
}
