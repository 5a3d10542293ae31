package io.rspar.search.strategy;

import java.util.Arrays;

/**
 * A candidate that was measured, without any judgement.
 *
 * @param round round of the search that proposed it, from 0; negative where another request did
 * @param index place within the round, from 0
 * @param widths channels that each group kept, in network order
 * @param accuracy share of validation examples
 * @param denseAccuracy the original's on the same examples
 * @param latencyRatio measured median latency over the original's
 * @param denseMillis measured median latency of the original (milliseconds per batch)
 * @param energyRatio measured energy over the original's; NaN where there is no meter
 * @param denseMillijoules measured energy of the original (millijoules per batch); NaN without
 *     meter
 */
// Plain array: compared by value below.
@SuppressWarnings("ArrayRecordComponent")
public record Measured(
    int round,
    int index,
    int[] widths,
    double accuracy,
    double denseAccuracy,
    double latencyRatio,
    double denseMillis,
    double energyRatio,
    double denseMillijoules) {

  /** Whether it has these widths. */
  boolean has(int[] others) {
    return Arrays.equals(widths, others);
  }
}
