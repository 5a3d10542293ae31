package io.rspar.search.baseline;

/** A published method: what it finds out about a network before widths are chosen. */
public sealed interface Baseline permits DepGraph, Jtp, BiLevel, StructAlign, Udfc {

  /**
   * Ranks the channels, and trains the network where the method does. The same subject always gives
   * the same answer.
   *
   * @throws io.rspar.search.allocation.UnreachableTargetException if no allowed widths reach the
   *     target
   * @throws io.rspar.runtime.NonFiniteException if training diverges
   */
  Prepared prepare(Subject subject, Progress progress);
}
