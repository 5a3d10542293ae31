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

  /** What is best as far as can be told without any measurement. */
  int[] unmeasured(AllocationProblem problem);
}
