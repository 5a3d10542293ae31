package io.rspar.kit.event;

import io.rspar.events.Purpose;

/** What people read of a candidate in progress messages. */
public final class CandidateLabel {
  private CandidateLabel() {}

  /**
   * A short name, counted from 1.
   *
   * @param round round of the search, from 0
   * @param index place within the round, from 0
   */
  public static String of(Purpose purpose, int round, int index) {
    return purpose == Purpose.FINAL
        ? "winner"
        : "candidate " + (index + 1) + " of round " + (round + 1);
  }
}
