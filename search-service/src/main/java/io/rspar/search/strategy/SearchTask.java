package io.rspar.search.strategy;

import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.SearchSpace;
import java.util.List;

/**
 * What a method works on.
 *
 * @param space the network
 * @param goal what is asked
 * @param effort how much may be measured
 */
public record SearchTask(SearchSpace space, Goal goal, SearchEffort effort) {

  /** Budgets for a round's candidates, one each; only what earlier rounds measured counts. */
  public List<AllocationProblem> limits(int round, List<Measured> measured) {
    return goal.limits(space, effort, round, before(round, measured));
  }

  /** What was measured before a round. */
  public static List<Measured> before(int round, List<Measured> measured) {
    return measured.stream().filter(m -> m.round() < round).toList();
  }
}
