package io.rspar.search.strategy;

import java.util.List;

/**
 * Accuracies with less chance in them. The best of many noisy accuracies is mostly the luckiest.
 * Among the candidates of a search accuracy falls with the loss, and the loss of the same examples
 * is far less noisy than the count of right answers. So every accuracy is drawn towards the line
 * through all candidates' losses and accuracies: all the way where the choice of examples alone
 * explains how they scatter about the line, less the more they scatter (empirical Bayes, Efron and
 * Morris 1973, "Stein's estimation rule and its competitors").
 */
public final class SteadyAccuracy {
  /** A line through fewer says nothing. */
  private static final int LEAST_CANDIDATES = 4;

  private SteadyAccuracy() {}

  /** The same candidates with steadier accuracies; as they are where losses are not known. */
  public static List<Measured> of(List<Measured> measured) {
    if (measured.size() < LEAST_CANDIDATES || !measured.stream().allMatch(Measured::hasLoss)) {
      return measured;
    }
    double loss = measured.stream().mapToDouble(Measured::lossNats).average().orElseThrow();
    double accuracy = measured.stream().mapToDouble(Measured::accuracy).average().orElseThrow();
    double covariance = 0;
    double variance = 0;
    for (Measured m : measured) {
      covariance += (m.lossNats() - loss) * (m.accuracy() - accuracy);
      variance += (m.lossNats() - loss) * (m.lossNats() - loss);
    }
    if (!(variance > 0)) {
      return measured;
    }
    double slope = Math.min(0, covariance / variance);
    double scatter = 0;
    double chance = 0;
    for (Measured m : measured) {
      double residual = m.accuracy() - accuracy - slope * (m.lossNats() - loss);
      scatter += residual * residual / (measured.size() - 2);
      // Of a count of right answers.
      chance += m.accuracy() * (1 - m.accuracy()) / m.examples() / measured.size();
    }
    double kept = scatter > 0 ? Math.max(0, 1 - chance / scatter) : 0;
    return measured.stream()
        .map(
            m -> {
              double line = accuracy + slope * (m.lossNats() - loss);
              return m.withAccuracy(line + kept * (m.accuracy() - line));
            })
        .toList();
  }
}
