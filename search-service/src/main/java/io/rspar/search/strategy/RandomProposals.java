package io.rspar.search.strategy;

import io.rspar.search.allocation.ActionWall;
import io.rspar.search.allocation.AllocationProblem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A control: every group's share is drawn evenly from 0 to 1, then brought to the budget as
 * R-SPAR's are.
 *
 * @param seed of the request
 */
public record RandomProposals(long seed) implements Proposals {

  @Override
  public List<int[]> propose(SearchTask task, int round, List<Measured> earlier) {
    List<AllocationProblem> limits = task.limits(round, earlier);
    List<int[]> widths = new ArrayList<>();
    for (int i = 0; i < limits.size(); i++) {
      widths.add(drawn(limits.get(i), Seeds.random(seed, round, i)));
    }
    return widths;
  }

  private static int[] drawn(AllocationProblem problem, Random random) {
    double[] wishes = new double[problem.widths().length];
    Arrays.setAll(
        wishes,
        g -> {
          double share = random.nextDouble();
          return Math.log(share / (1 - share));
        });
    return new ActionWall(problem).widths(wishes);
  }

  @Override
  public int[] untried(SearchTask task, AllocationProblem problem, List<Measured> measured) {
    return drawn(problem, Seeds.random(seed));
  }
}
