package io.rspar.search.strategy;

import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.SearchSpace;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What is asked of the pruned network, judged by measurements. */
public sealed interface Goal permits CountedGoal, MeasuredGoal, AccuracyGoal {

  /** How good a candidate is: what the search maximises. */
  double reward(Measured candidate);

  /** Whether it keeps the limit. */
  boolean isMet(Measured candidate);

  /**
   * Budgets for the candidates of a round.
   *
   * @param effort of the search
   * @param earlier what was measured before
   */
  List<AllocationProblem> limits(
      SearchSpace space, SearchEffort effort, int round, List<Measured> earlier);

  /**
   * Whether the round serves to bring good allocations to the limit exactly, rather than to find
   * others: where the cost can only be measured, not counted.
   */
  default boolean isTuning(SearchEffort effort, int round) {
    return false;
  }

  /** The budget for a final candidate that was not measured before. */
  AllocationProblem finalLimit(SearchSpace space, List<Measured> measured);

  /** The best that was measured: of those that meet the limit, if any does. */
  default Optional<Measured> best(List<Measured> measured) {
    // Of equal rewards max keeps the first: the earliest proposal.
    Comparator<Measured> byReward = Comparator.comparingDouble(this::reward);
    Optional<Measured> met = measured.stream().filter(this::isMet).max(byReward);
    return met.isPresent() ? met : measured.stream().max(byReward);
  }
}
