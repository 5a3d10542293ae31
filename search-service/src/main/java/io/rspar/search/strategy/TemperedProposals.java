package io.rspar.search.strategy;

import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.CurveOptimalAllocation;
import java.util.ArrayList;
import java.util.List;

/**
 * The curve-optimal allocation. How far the levels of the sensitivity curves can be trusted is
 * found by measured reward: the first round spreads the temper evenly over 0…1, each further round
 * halves the spread around the best so far.
 */
public record TemperedProposals() implements Proposals {
  private static final double UNMEASURED = 0.5;

  @Override
  public List<int[]> propose(SearchTask task, int round, List<Measured> earlier) {
    List<AllocationProblem> limits = task.limits(round, earlier);
    List<int[]> widths = new ArrayList<>();
    for (int i = 0; i < limits.size(); i++) {
      double temper = temper(task, round, i, earlier);
      widths.add(new CurveOptimalAllocation(temper).allocate(limits.get(i)));
    }
    return widths;
  }

  /** The temper that did best, or a middle one where none was measured. */
  public static double best(SearchTask task, List<Measured> measured) {
    return task.goal()
        .best(measured.stream().filter(m -> m.round() >= 0).toList())
        .map(best -> temper(task, best.round(), best.index(), measured))
        .orElse(UNMEASURED);
  }

  /** The temper of a candidate: a function of where it stands and of what came before. */
  private static double temper(SearchTask task, int round, int index, List<Measured> measured) {
    int count = task.effort().candidatesPerRound();
    double place = count == 1 ? 0 : (double) index / (count - 1) - 0.5;
    double centre = best(task, SearchTask.before(round, measured));
    return Math.min(1, Math.max(0, centre + Math.pow(0.5, round) * place));
  }

  @Override
  public int[] untried(SearchTask task, AllocationProblem problem, List<Measured> measured) {
    return new CurveOptimalAllocation(best(task, measured)).allocate(problem);
  }
}
