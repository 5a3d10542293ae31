package io.rspar.search.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SearchStrategyTest {

  @ParameterizedTest
  @ValueSource(doubles = {0.0, 0.2, 0.5, 0.83, 1.0})
  void temperSearchClosesInOnTheBestTemper(double best) {
    TemperSearch search = new TemperSearch(0.5, 5, 4);
    List<MeasuredTrial> measured =
        run(search, t -> 1 - Math.abs(t.temper() - best), t -> t.budget());
    assertThat(search.winner(measured).temper()).isCloseTo(best, within(0.05));
    assertThat(search.winner(measured).budget()).isEqualTo(0.5);
  }

  @Test
  void theFirstOfEqualsWins() {
    TemperSearch search = new TemperSearch(0.5, 1, 3);
    List<MeasuredTrial> measured = run(search, t -> 0.9, t -> t.budget());
    assertThat(search.winner(measured)).isEqualTo(measured.get(0).trial());
  }

  /** Latency does not follow MACs: only the measured ratio leads to the right budget. */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.5, 0.8, 1.0})
  void latencySearchFindsTheBudgetThatMeetsTheTarget(double exponent) {
    double target = 0.7;
    double overhead = 0.1;
    LatencySearch search = new LatencySearch(target, true, 4, 4, true);
    ToDoubleFunction<Trial> latency =
        t -> overhead + (1 - overhead) * Math.pow(t.budget(), exponent);
    List<MeasuredTrial> measured = run(search, Trial::budget, latency);
    double reached = latency.applyAsDouble(search.winner(measured));
    assertThat(reached).isLessThanOrEqualTo(target).isGreaterThan(target * 0.93);
  }

  @Test
  void aTargetInMillisecondsIsTakenAgainstTheMeasuredOriginal() {
    LatencySearch search = new LatencySearch(1.4, false, 3, 4, false);
    List<MeasuredTrial> measured = run(search, Trial::budget, t -> Math.sqrt(t.budget()));
    double reachedMillis = 2 * Math.sqrt(search.winner(measured).budget());
    assertThat(reachedMillis).isLessThanOrEqualTo(1.4).isGreaterThan(1.3);
  }

  @Test
  void whereNothingMetTheTargetTheWinnerIsInterpolatedToMeetIt() {
    LatencySearch search = new LatencySearch(0.2, true, 1, 2, false);
    List<MeasuredTrial> measured =
        List.of(
            new MeasuredTrial(new Trial(0.5, 0.5), 0.9, 0.7, 2, 0),
            new MeasuredTrial(new Trial(0.25, 0.5), 0.8, 0.5, 2, 0));
    assertThat(search.winner(measured).budget()).isLessThan(0.1);
  }

  @Test
  void proposalsAreAFunctionOfWhatWasMeasured() {
    LatencySearch search = new LatencySearch(0.6, true, 3, 4, true);
    List<MeasuredTrial> measured = run(search, Trial::budget, Trial::budget);
    assertThat(search.propose(2, measured.subList(0, 8)))
        .isEqualTo(search.propose(2, measured.subList(0, 8)));
  }

  /** Plays a search against a made-up device whose original takes 2 ms. */
  private static List<MeasuredTrial> run(
      SearchStrategy search,
      ToDoubleFunction<Trial> accuracy,
      ToDoubleFunction<Trial> latencyRatio) {
    List<MeasuredTrial> measured = new ArrayList<>();
    for (int round = 0; round < search.rounds(); round++) {
      for (Trial trial : search.propose(round, List.copyOf(measured))) {
        measured.add(
            new MeasuredTrial(
                trial,
                accuracy.applyAsDouble(trial),
                latencyRatio.applyAsDouble(trial),
                2,
                accuracy.applyAsDouble(trial)));
      }
    }
    return measured;
  }
}
