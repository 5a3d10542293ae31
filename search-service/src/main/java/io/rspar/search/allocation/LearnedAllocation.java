package io.rspar.search.allocation;

import java.util.Arrays;

/**
 * Widths that a method has learned, brought to the limit by the same wall as all others. They need
 * not be allowed ones.
 */
public final class LearnedAllocation implements AllocationPolicy {
  private final int[] widths;

  /**
   * @param widths one per group
   */
  public LearnedAllocation(int[] widths) {
    this.widths = widths.clone();
  }

  @Override
  public int[] allocate(AllocationProblem problem) {
    ActionWall wall = new ActionWall(problem);
    return wall.widths(wall.wishes(widths));
  }

  @Override
  public String toString() {
    return "learned " + Arrays.toString(widths);
  }
}
