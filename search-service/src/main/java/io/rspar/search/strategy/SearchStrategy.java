package io.rspar.search.strategy;

import java.util.List;

/** Proposes trials and picks the winner. Implementations keep no state. */
public sealed interface SearchStrategy permits DirectStrategy, TemperSearch, LatencySearch {

  /** Rounds of exploration before the final candidate. */
  int rounds();

  /** Trials of a round, or of all rounds together. */
  int trialsPerRound();

  /**
   * The trials of one round.
   *
   * @param round from 0
   * @param measured what came of all earlier rounds, in order of proposal; failed trials are
   *     missing
   */
  List<Trial> propose(int round, List<MeasuredTrial> measured);

  /** The trial that gets full recovery and the report. */
  Trial winner(List<MeasuredTrial> measured);
}
