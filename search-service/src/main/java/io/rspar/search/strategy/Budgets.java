package io.rspar.search.strategy;

import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.SearchSpace;
import java.util.ArrayList;
import java.util.List;

/** Budgets in units of an estimated cost. */
final class Budgets {
  private Budgets() {}

  /**
   * Budgets spread evenly, on a logarithmic scale, around a centre.
   *
   * @param centre as a ratio of the original's cost
   * @param reach the outermost are this factor away from the centre, at least 1
   */
  static List<AllocationProblem> spread(
      SearchSpace space, CostEstimate estimate, double centre, double reach, int count) {
    List<AllocationProblem> problems = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double place = count == 1 ? 0 : 2.0 * i / (count - 1) - 1;
      problems.add(at(space, estimate, centre * Math.pow(reach, place)));
    }
    return problems;
  }

  /** A budget; where the estimate says that it cannot be reached, the lowest that can. */
  static AllocationProblem at(SearchSpace space, CostEstimate estimate, double ratio) {
    double reachable = Math.max(ratio, estimate.least());
    return space.problem(estimate.cost(), Math.round(CostEstimate.SCALE * reachable) + 1);
  }
}
