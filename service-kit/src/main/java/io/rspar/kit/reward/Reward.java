package io.rspar.kit.reward;

/** The reward of a candidate. */
public final class Reward {
  /** What a share of accuracy beyond the allowed loss costs, in shares of latency. */
  private static final double LOSS_WEIGHT = 10;

  private Reward() {}

  /**
   * As accurate as possible within a cost: {@code accuracy − max(0, cost ⁄ limit − 1)}. What misses
   * the limit by ten percent loses ten points of accuracy; what undercuts it gains nothing.
   *
   * @param accuracy share of examples classified correctly
   * @param costOverLimit cost of the candidate over the limit, in whatever unit
   */
  public static double accurate(double accuracy, double costOverLimit) {
    return accuracy - Math.max(0, costOverLimit - 1);
  }

  /**
   * As fast as possible within a loss of accuracy: {@code 1 − latencyRatio − 10 · max(0, loss −
   * allowed)}. A point of accuracy too much costs ten percent of latency.
   *
   * @param latencyRatio measured latency over the original's
   * @param loss accuracy lost (share of examples)
   * @param allowed accuracy that may be lost (share of examples)
   */
  public static double fast(double latencyRatio, double loss, double allowed) {
    return 1 - latencyRatio - LOSS_WEIGHT * Math.max(0, loss - allowed);
  }
}
