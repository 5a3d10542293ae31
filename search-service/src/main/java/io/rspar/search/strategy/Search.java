package io.rspar.search.strategy;

import io.rspar.search.allocation.ActionWall;
import io.rspar.search.allocation.AllocationProblem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** A request's search: which widths are tried, round by round, and which win. */
public record Search(SearchTask task, Proposals proposals) {
  /** Limits that one allocation is tuned to in a tuning round. */
  private static final int LIMITS_PER_ALLOCATION = 4;

  public SearchEffort effort() {
    return task.effort();
  }

  /**
   * The candidates of a round.
   *
   * @param round from 0
   * @param measured everything that was measured; what belongs to this round or later is left out
   */
  public List<int[]> propose(int round, List<Measured> measured) {
    List<Measured> earlier = SearchTask.before(round, measured);
    return task.goal().isTuning(effort(), round) && !earlier.isEmpty()
        ? tuned(round, earlier)
        : proposals.propose(task, round, earlier);
  }

  /** The best allocations again, with budgets close to the limit. */
  private List<int[]> tuned(int round, List<Measured> earlier) {
    List<Measured> ranked =
        SteadyAccuracy.of(earlier).stream()
            .sorted(Comparator.comparingDouble(task.goal()::reward).reversed())
            .toList();
    List<AllocationProblem> limits = task.limits(round, earlier);
    List<int[]> widths = new ArrayList<>();
    for (int i = 0; i < limits.size(); i++) {
      Measured base = ranked.get(Math.min(ranked.size() - 1, i / LIMITS_PER_ALLOCATION));
      widths.add(brought(base, limits.get(i)));
    }
    return widths;
  }

  private static int[] brought(Measured base, AllocationProblem limit) {
    ActionWall wall = new ActionWall(limit);
    return wall.widths(wall.wishes(base.widths()));
  }

  /** The widths that get full recovery and the report. */
  public int[] winner(List<Measured> measured) {
    Optional<Measured> best = task.goal().best(SteadyAccuracy.of(measured));
    if (best.filter(task.goal()::isMet).isPresent()) {
      return best.get().widths();
    }
    AllocationProblem limit = task.goal().finalLimit(task.space(), measured);
    return proposals.untried(task, limit, measured);
  }
}
