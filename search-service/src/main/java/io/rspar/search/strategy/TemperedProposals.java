package io.rspar.search.strategy;

import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.CurveOptimalAllocation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The curve-optimal allocation. How far the levels of the sensitivity curves can be trusted is
 * found by measured reward: the first round spreads the temper evenly over 0…1, each further round
 * halves the spread around the best so far.
 */
public record TemperedProposals() implements Proposals {
  private static final double UNMEASURED = 0.5;

  /** Distance between tempers that are tried in place of one whose widths are known. */
  private static final double STEP = 1.0 / 16;

  private static final int STEPS = 16;

  // Plain array: handed on, never compared and never changed.
  @SuppressWarnings("ArrayRecordComponent")
  private record Tempered(double temper, int[] widths) {}

  @Override
  public List<int[]> propose(SearchTask task, int round, List<Measured> earlier) {
    return tempered(task, round, earlier).stream().map(Tempered::widths).toList();
  }

  /** A round's candidates: a function of what was measured before it. */
  private static List<Tempered> tempered(SearchTask task, int round, List<Measured> earlier) {
    List<AllocationProblem> limits = task.limits(round, earlier);
    double centre = best(task, earlier);
    List<Tempered> chosen = new ArrayList<>();
    for (int i = 0; i < limits.size(); i++) {
      double place = limits.size() == 1 ? 0 : (double) i / (limits.size() - 1) - 0.5;
      double wish = centre + Math.pow(0.5, round) * place;
      chosen.add(unknown(limits.get(i), wish, earlier, chosen));
    }
    return chosen;
  }

  /**
   * The temper nearest to a wish that leads to widths that are not known; the wish if none does.
   */
  private static Tempered unknown(
      AllocationProblem limit, double wish, List<Measured> earlier, List<Tempered> chosen) {
    Tempered first = at(limit, wish);
    Tempered candidate = first;
    for (int step = 1; isKnown(candidate, earlier, chosen); step++) {
      if (step > 2 * STEPS) {
        return first;
      }
      // Outwards, to both sides in turn.
      int distance = (step + 1) / 2;
      candidate = at(limit, first.temper() + (step % 2 == 1 ? distance : -distance) * STEP);
    }
    return candidate;
  }

  private static Tempered at(AllocationProblem limit, double wish) {
    double temper = Math.min(1, Math.max(0, wish));
    return new Tempered(temper, new CurveOptimalAllocation(temper).allocate(limit));
  }

  private static boolean isKnown(
      Tempered candidate, List<Measured> earlier, List<Tempered> chosen) {
    return earlier.stream().anyMatch(m -> m.has(candidate.widths()))
        || chosen.stream().anyMatch(c -> Arrays.equals(c.widths(), candidate.widths()));
  }

  /** The temper that did best, or a middle one where none was measured. */
  public static double best(SearchTask task, List<Measured> measured) {
    return task.goal()
        .best(SteadyAccuracy.of(measured.stream().filter(m -> m.round() >= 0).toList()))
        .map(
            best ->
                tempered(task, best.round(), SearchTask.before(best.round(), measured))
                    .get(best.index())
                    .temper())
        .orElse(UNMEASURED);
  }

  @Override
  public int[] untried(SearchTask task, AllocationProblem problem, List<Measured> measured) {
    return new CurveOptimalAllocation(best(task, measured)).allocate(problem);
  }
}
