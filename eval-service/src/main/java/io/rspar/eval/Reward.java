package io.rspar.eval;

import io.rspar.events.LatencyComparison;
import io.rspar.events.PruningTarget;

/**
 * The reward of a candidate: {@code accuracy − max(0, cost ⁄ target − 1)}. What misses the target
 * by ten percent loses ten points of accuracy; what undercuts it gains nothing.
 */
final class Reward {
  private static final double NANOS_PER_MILLI = 1e6;

  private Reward() {}

  /**
   * @param accuracy share of examples classified correctly
   * @param denseMacs cost of the original, multiply-accumulates
   * @param denseParameters size of the original
   * @param macs cost of the candidate
   * @param parameters size of the candidate
   * @param latency measured latency
   */
  static double of(
      double accuracy,
      PruningTarget target,
      long denseMacs,
      long denseParameters,
      long macs,
      long parameters,
      LatencyComparison latency) {
    double cost =
        switch (target.getMetric()) {
          case MACS -> target.getRelative() ? (double) macs / denseMacs : macs;
          case PARAMETERS ->
              target.getRelative() ? (double) parameters / denseParameters : parameters;
          case LATENCY ->
              target.getRelative()
                  ? latency.getRatio()
                  : latency.getPruned().getP50Nanos() / NANOS_PER_MILLI;
        };
    return accuracy - Math.max(0, cost / target.getValue() - 1);
  }
}
