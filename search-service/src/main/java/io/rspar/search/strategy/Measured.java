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
 * @param lossNats mean cross-entropy on them (nats); NaN where it is not known
 * @param denseLossNats the original's; NaN where it is not known
 * @param examples how many they are; 0 where it is not known
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
    double lossNats,
    double denseLossNats,
    int examples,
    double latencyRatio,
    double denseMillis,
    double energyRatio,
    double denseMillijoules) {

  /** Whether losses were measured beside accuracies. */
  public boolean hasLoss() {
    return Double.isFinite(lossNats) && Double.isFinite(denseLossNats) && examples > 0;
  }

  /** The same candidate, judged to be as accurate as this. */
  Measured withAccuracy(double judged) {
    return new Measured(
        round,
        index,
        widths,
        judged,
        denseAccuracy,
        lossNats,
        denseLossNats,
        examples,
        latencyRatio,
        denseMillis,
        energyRatio,
        denseMillijoules);
  }

  /** Whether it has these widths. */
  boolean has(int[] others) {
    return Arrays.equals(widths, others);
  }
}
