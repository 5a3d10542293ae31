package io.rspar.search.strategy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Finds the MACs budget whose <em>measured</em> latency meets a target: MACs and latency part ways,
 * so the first round spreads budgets widely, and each further round moves in on where the measured
 * ratio crosses the target, while it varies the temper.
 *
 * @param target highest latency: a fraction of the original's, or milliseconds
 * @param relative whether the target is a fraction
 * @param rounds rounds, at least 1
 * @param trialsPerRound trials per round, at least 1
 * @param tempered whether the policy uses the temper
 */
public record LatencySearch(
    double target, boolean relative, int rounds, int trialsPerRound, boolean tempered)
    implements SearchStrategy {

  /** Latency falls roughly with the square root of the MACs on small networks. */
  private static final double EXPECTED_EXPONENT = 2;

  /** Taken for a target in milliseconds until the original's latency is known. */
  private static final double FIRST_GUESS = 0.6;

  private static final double MIN_BUDGET = 0.02;
  private static final double MAX_BUDGET = 0.99;

  @Override
  public List<Trial> propose(int round, List<MeasuredTrial> measured) {
    List<Trial> trials = new ArrayList<>();
    double centre = crossing(measured);
    double reach = Math.pow(2, 1.0 / (1 << Math.min(round, 20)));
    for (int i = 0; i < trialsPerRound; i++) {
      double place = trialsPerRound == 1 ? 0 : 2.0 * i / (trialsPerRound - 1) - 1;
      double budget = clamp(centre * Math.pow(reach, place));
      trials.add(new Trial(budget, tempered && round > 0 ? i % 2 == 0 ? 0.25 : 0.75 : 0.5));
    }
    return trials;
  }

  /** The most accurate trial that met the target; else a budget interpolated to meet it. */
  @Override
  public Trial winner(List<MeasuredTrial> measured) {
    Optional<MeasuredTrial> best =
        measured.stream()
            .filter(m -> m.latencyRatio() <= ratio(measured))
            .max(
                Comparator.comparingDouble(MeasuredTrial::accuracy)
                    .thenComparingDouble(m -> -m.latencyRatio()));
    return best.map(MeasuredTrial::trial)
        .orElseGet(() -> new Trial(clamp(crossing(measured) * 0.95), 0.5));
  }

  /** The budget at which the measured ratio crosses the target, on a line through log-log space. */
  private double crossing(List<MeasuredTrial> measured) {
    if (measured.isEmpty()) {
      return clamp(Math.pow(ratio(measured), EXPECTED_EXPONENT));
    }
    double n = 0;
    double sumX = 0;
    double sumY = 0;
    double sumXx = 0;
    double sumXy = 0;
    for (MeasuredTrial m : measured) {
      double x = Math.log(m.trial().budget());
      double y = Math.log(m.latencyRatio());
      n++;
      sumX += x;
      sumY += y;
      sumXx += x * x;
      sumXy += x * y;
    }
    double variance = n * sumXx - sumX * sumX;
    double slope = variance < 1e-9 ? 1 / EXPECTED_EXPONENT : (n * sumXy - sumX * sumY) / variance;
    slope = Math.max(0.1, slope);
    double atMean = sumY / n;
    return clamp(Math.exp(sumX / n + (Math.log(ratio(measured)) - atMean) / slope));
  }

  /** The target as a fraction of the original's latency. */
  private double ratio(List<MeasuredTrial> measured) {
    if (relative) {
      return target;
    }
    double[] dense = measured.stream().mapToDouble(MeasuredTrial::denseMillis).sorted().toArray();
    return dense.length == 0 ? FIRST_GUESS : Math.min(1, target / dense[dense.length / 2]);
  }

  private static double clamp(double budget) {
    return Math.min(MAX_BUDGET, Math.max(MIN_BUDGET, budget));
  }
}
