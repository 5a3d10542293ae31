package io.rspar.search.strategy;

import io.rspar.kit.reward.Reward;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.SearchSpace;
import java.util.Collections;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * As accurate as possible at a cost that can be counted, MACs or parameters. Every proposal keeps
 * the limit; a candidate that another request measured may not, and loses as much as {@link Reward}
 * says.
 *
 * @param cost of a network with these kept widths
 * @param limit highest cost
 */
public record CountedGoal(ToLongFunction<int[]> cost, long limit) implements Goal {

  @Override
  public double reward(Measured candidate) {
    return Reward.accurate(candidate.accuracy(), (double) cost(candidate) / limit);
  }

  private long cost(Measured candidate) {
    return cost.applyAsLong(candidate.widths());
  }

  @Override
  public boolean isMet(Measured candidate) {
    return cost(candidate) <= limit;
  }

  @Override
  public List<AllocationProblem> limits(
      SearchSpace space, SearchEffort effort, int round, List<Measured> earlier) {
    return Collections.nCopies(effort.candidatesPerRound(), space.problem(cost, limit));
  }

  @Override
  public AllocationProblem finalLimit(SearchSpace space, List<Measured> measured) {
    return space.problem(cost, limit);
  }
}
