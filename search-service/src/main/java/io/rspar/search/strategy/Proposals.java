package io.rspar.search.strategy;

import io.rspar.search.allocation.AllocationProblem;
import java.util.List;

/** A method of choosing widths under a budget. Implementations keep no state. */
public interface Proposals {

  /**
   * Widths to measure, each within its limit.
   *
   * @param round from 0
   * @param earlier what earlier rounds and reused requests measured, in order of proposal; failed
   *     candidates are missing
   * @return one entry per candidate of the round
   */
  List<int[]> propose(SearchTask task, int round, List<Measured> earlier);

  /** Widths within the limit that promise most, where none that were measured keep it. */
  int[] untried(SearchTask task, AllocationProblem problem, List<Measured> measured);
}
