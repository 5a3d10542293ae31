package io.rspar.search.allocation;

/** The same ratio everywhere: the smallest one that meets the limit, to 1/4096. */
public record UniformAllocation() implements AllocationPolicy {
  private static final int STEPS = 4096;

  @Override
  public int[] allocate(AllocationProblem problem) {
    problem.requireReachable();
    int low = 0;
    int high = STEPS;
    while (low < high) {
      int middle = (low + high) / 2;
      if (problem.isWithinLimit(widths(problem, middle))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return widths(problem, high);
  }

  private static int[] widths(AllocationProblem problem, int step) {
    int[] kept = problem.full();
    for (int g = 0; g < kept.length; g++) {
      kept[g] = problem.nearest(g, kept[g] * (1 - (double) step / STEPS));
    }
    return kept;
  }
}
