package io.rspar.search.strategy;

import io.rspar.kit.reward.Reward;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.SearchSpace;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * As accurate as possible at a cost that can only be measured. MACs and latency part ways, so what
 * widths cost is learned from what was measured: the first round spreads its budgets, each further
 * round moves in, and the last one brings the best allocations to the limit.
 *
 * @param quantity what is limited
 * @param relative whether the limit is a fraction of the original's cost
 * @param limit highest cost: a fraction, milliseconds or millijoules
 */
public record MeasuredGoal(Quantity quantity, boolean relative, double limit) implements Goal {

  /** What is measured. */
  public enum Quantity {
    LATENCY {
      @Override
      double ratio(Measured m) {
        return m.latencyRatio();
      }

      @Override
      double dense(Measured m) {
        return m.denseMillis();
      }
    },
    ENERGY {
      @Override
      double ratio(Measured m) {
        return m.energyRatio();
      }

      @Override
      double dense(Measured m) {
        return m.denseMillijoules();
      }
    };

    /** Cost over the original's. */
    abstract double ratio(Measured m);

    /** The original's cost. */
    abstract double dense(Measured m);
  }

  /** Taken for an absolute limit until the original's cost is known. */
  private static final double FIRST_GUESS = 0.6;

  /** How far the first round's budgets reach; each further round halves it (logarithmically). */
  private static final double FIRST_REACH = 1.25;

  /**
   * Budgets aim a little below the limit: the estimate of what widths cost is off by about two
   * percent, and what lies above the limit does not meet the goal.
   */
  private static final double AIM = 0.98;

  /**
   * The share of the limit that a winner had better not exceed: a median repeats to half a percent.
   */
  private static final double SAFE = 0.99;

  /** How far the budgets of a tuning round reach. */
  private static final double TUNING_REACH = 1.02;

  @Override
  public double reward(Measured candidate) {
    return Reward.accurate(candidate.accuracy(), overLimit(candidate));
  }

  @Override
  public boolean isMet(Measured candidate) {
    return overLimit(candidate) <= 1;
  }

  /**
   * Of those that meet the limit, the one that is best under a slightly lower one: what lies below
   * the limit by a hair is above it as often as not when it is measured again.
   */
  @Override
  public Optional<Measured> best(List<Measured> measured) {
    return measured.stream()
        .filter(this::isMet)
        .max(Comparator.comparingDouble(m -> Reward.accurate(m.accuracy(), overLimit(m) / SAFE)))
        .or(() -> Goal.super.best(measured));
  }

  private double overLimit(Measured candidate) {
    double cost = quantity.ratio(candidate) * (relative ? 1 : quantity.dense(candidate));
    return cost / limit;
  }

  @Override
  public List<AllocationProblem> limits(
      SearchSpace space, SearchEffort effort, int round, List<Measured> earlier) {
    double reach =
        isTuning(effort, round)
            ? TUNING_REACH
            : Math.pow(FIRST_REACH, 1.0 / (1 << Math.min(round, 20)));
    return Budgets.spread(
        space, estimate(space, earlier), AIM * ratio(earlier), reach, effort.candidatesPerRound());
  }

  /** The last round, where there is more than one. */
  @Override
  public boolean isTuning(SearchEffort effort, int round) {
    return round > 0 && round == effort.rounds() - 1;
  }

  @Override
  public AllocationProblem finalLimit(SearchSpace space, List<Measured> measured) {
    return Budgets.at(space, estimate(space, measured), AIM * ratio(measured));
  }

  private CostEstimate estimate(SearchSpace space, List<Measured> measured) {
    return CostEstimate.of(space, measured, quantity::ratio, ratio(measured));
  }

  /** The limit as a fraction of the original's cost. */
  private double ratio(List<Measured> measured) {
    if (relative) {
      return limit;
    }
    double[] dense = measured.stream().mapToDouble(quantity::dense).sorted().toArray();
    return dense.length == 0 ? FIRST_GUESS : Math.min(1, limit / dense[dense.length / 2]);
  }
}
