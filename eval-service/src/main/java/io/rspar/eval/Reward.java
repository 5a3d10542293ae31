package io.rspar.eval;

import io.rspar.events.EnergyComparison;
import io.rspar.events.LatencyComparison;
import io.rspar.events.PruningTarget;

/** The reward of a candidate by its request's target, see {@link io.rspar.kit.reward.Reward}. */
final class Reward {
  private static final double NANOS_PER_MILLI = 1e6;

  private Reward() {}

  /**
   * @param accuracy share of examples classified correctly
   * @param denseAccuracy the original's on the same examples
   * @param denseMacs cost of the original, multiply-accumulates
   * @param denseParameters size of the original
   * @param macs cost of the candidate
   * @param parameters size of the candidate
   * @param latency measured latency
   * @param energy measured energy; null unless the target is one
   */
  static double of(
      double accuracy,
      double denseAccuracy,
      PruningTarget target,
      long denseMacs,
      long denseParameters,
      long macs,
      long parameters,
      LatencyComparison latency,
      EnergyComparison energy) {
    boolean relative = target.getRelative();
    double limit = target.getValue();
    return switch (target.getMetric()) {
      case MACS -> accurate(accuracy, relative ? (double) macs / denseMacs : macs, limit);
      case PARAMETERS ->
          accurate(accuracy, relative ? (double) parameters / denseParameters : parameters, limit);
      case LATENCY ->
          accurate(
              accuracy,
              relative ? latency.getRatio() : latency.getPruned().getP50Nanos() / NANOS_PER_MILLI,
              limit);
      case ENERGY ->
          accurate(accuracy, relative ? energy.getRatio() : energy.getPrunedMillijoules(), limit);
      case ACCURACY_LOSS ->
          io.rspar.kit.reward.Reward.fast(latency.getRatio(), denseAccuracy - accuracy, limit);
    };
  }

  private static double accurate(double accuracy, double cost, double limit) {
    return io.rspar.kit.reward.Reward.accurate(accuracy, cost / limit);
  }
}
