package io.rspar.search.strategy;

import io.rspar.kit.reward.Reward;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.SearchSpace;
import java.util.List;

/**
 * The lowest latency that loses no more than so much accuracy on the validation data. The first
 * round spreads latency budgets widely; each further round searches between the fastest candidate
 * that kept the limit and the slowest faster one that did not.
 *
 * @param maxLoss accuracy that may be lost (share of examples)
 */
public record AccuracyGoal(double maxLoss) implements Goal {
  private static final double FIRST_CENTRE = 0.65;
  private static final double FIRST_REACH = 1.45;

  /** Budgets go beyond both ends by this factor: measurements are noisy. */
  private static final double MARGIN = 1.02;

  @Override
  public double reward(Measured candidate) {
    return Reward.fast(candidate.latencyRatio(), loss(candidate), maxLoss);
  }

  @Override
  public boolean isMet(Measured candidate) {
    return loss(candidate) <= maxLoss;
  }

  private static double loss(Measured candidate) {
    return candidate.denseAccuracy() - candidate.accuracy();
  }

  @Override
  public List<AllocationProblem> limits(
      SearchSpace space, SearchEffort effort, int round, List<Measured> earlier) {
    if (earlier.isEmpty()) {
      return Budgets.spread(
          space,
          estimate(space, earlier, FIRST_CENTRE),
          FIRST_CENTRE,
          FIRST_REACH,
          effort.candidatesPerRound());
    }
    double slow = fastestMet(earlier);
    double fast = slowestMissedBelow(slow, earlier);
    double centre = Math.sqrt(slow * fast);
    return Budgets.spread(
        space,
        estimate(space, earlier, centre),
        centre,
        MARGIN * Math.sqrt(slow / fast),
        effort.candidatesPerRound());
  }

  @Override
  public AllocationProblem finalLimit(SearchSpace space, List<Measured> measured) {
    double slow = fastestMet(measured);
    return Budgets.at(space, estimate(space, measured, slow), slow);
  }

  /** The original meets the limit: ratio 1. */
  private double fastestMet(List<Measured> measured) {
    return measured.stream()
        .filter(this::isMet)
        .mapToDouble(Measured::latencyRatio)
        .filter(ratio -> ratio < 1)
        .min()
        .orElse(1);
  }

  /** Where every faster candidate kept the limit, a third faster than any. */
  private double slowestMissedBelow(double slow, List<Measured> measured) {
    return measured.stream()
        .filter(m -> !isMet(m))
        .mapToDouble(Measured::latencyRatio)
        .filter(ratio -> ratio < slow)
        .max()
        .orElse(slow * 2 / 3);
  }

  private static CostEstimate estimate(SearchSpace space, List<Measured> measured, double centre) {
    return CostEstimate.of(space, measured, Measured::latencyRatio, centre);
  }
}
