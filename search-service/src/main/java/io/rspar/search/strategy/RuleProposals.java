package io.rspar.search.strategy;

import io.rspar.search.allocation.AllocationPolicy;
import io.rspar.search.allocation.AllocationProblem;
import java.util.List;

/** A rule that has one answer to each budget. */
public record RuleProposals(AllocationPolicy policy) implements Proposals {

  @Override
  public List<int[]> propose(SearchTask task, int round, List<Measured> earlier) {
    return task.limits(round, earlier).stream().map(policy::allocate).toList();
  }

  @Override
  public int[] untried(SearchTask task, AllocationProblem problem, List<Measured> measured) {
    return policy.allocate(problem);
  }
}
