package io.rspar.search.strategy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds by measured reward how far the levels of the sensitivity curves can be trusted: the first
 * round spreads the temper evenly over 0…1, each further round halves the spread around the best so
 * far.
 *
 * @param budget cost limit as a fraction of the original's
 * @param rounds rounds, at least 1
 * @param trialsPerRound trials per round, at least 1
 */
public record TemperSearch(double budget, int rounds, int trialsPerRound)
    implements SearchStrategy {

  @Override
  public List<Trial> propose(int round, List<MeasuredTrial> measured) {
    double centre = round == 0 || measured.isEmpty() ? 0.5 : winner(measured).temper();
    double spread = Math.pow(0.5, round);
    List<Trial> trials = new ArrayList<>();
    for (int i = 0; i < trialsPerRound; i++) {
      double offset = trialsPerRound == 1 ? 0 : (double) i / (trialsPerRound - 1) - 0.5;
      trials.add(new Trial(budget, Math.min(1, Math.max(0, centre + spread * offset))));
    }
    return trials;
  }

  @Override
  public Trial winner(List<MeasuredTrial> measured) {
    // Of equal rewards max keeps the first: the earliest proposal.
    return measured.stream()
        .max(Comparator.comparingDouble(MeasuredTrial::reward))
        .map(MeasuredTrial::trial)
        .orElse(new Trial(budget, 0.5));
  }
}
