package io.rspar.search.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SteadyAccuracyTest {
  private static final int EXAMPLES = 1000;

  /** Candidates that differ by little, measured as a search measures them: by 1,000 examples. */
  @Test
  void theBestOfManyIsBetterThanTheLuckiest() {
    double lucky = 0;
    double steady = 0;
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      double[] truth = random.doubles(24).map(x -> 0.86 + 0.02 * x).toArray();
      List<Measured> measured = new ArrayList<>();
      for (double accuracy : truth) {
        double counted =
            accuracy + Math.sqrt(accuracy * (1 - accuracy) / EXAMPLES) * random.nextGaussian();
        double loss = 0.4 + 3 * (0.87 - accuracy) + 0.01 * random.nextGaussian();
        measured.add(measured(measured.size(), counted, loss, EXAMPLES));
      }
      lucky += truth[best(measured)];
      steady += truth[best(SteadyAccuracy.of(measured))];
    }
    // Of 0.02 between the worst and the best.
    assertThat((steady - lucky) / 200).isGreaterThan(0.002);
  }

  /** Far more scatter than counting brings: the accuracies themselves differ. */
  @Test
  void whatChanceCannotExplainIsBelieved() {
    List<Measured> measured = new ArrayList<>();
    double[] accuracies = {0.9, 0.5, 0.8, 0.4, 0.7, 0.6};
    for (int i = 0; i < accuracies.length; i++) {
      measured.add(measured(i, accuracies[i], 0.4 + 0.01 * i, 100_000));
    }
    List<Measured> steady = SteadyAccuracy.of(measured);
    for (int i = 0; i < accuracies.length; i++) {
      assertThat(steady.get(i).accuracy()).isCloseTo(accuracies[i], within(0.001));
    }
  }

  @Test
  void withoutLossesOrWithFewCandidatesNothingChanges() {
    List<Measured> three =
        List.of(
            measured(0, 0.8, 0.5, EXAMPLES),
            measured(1, 0.9, 0.6, EXAMPLES),
            measured(2, 0.7, 0.4, EXAMPLES));
    assertThat(SteadyAccuracy.of(three)).isSameAs(three);
    List<Measured> unknown = new ArrayList<>(three);
    unknown.add(measured(3, 0.8, Double.NaN, 0));
    assertThat(SteadyAccuracy.of(unknown)).isSameAs(unknown);
  }

  private static int best(List<Measured> measured) {
    return measured.stream().max(Comparator.comparingDouble(Measured::accuracy)).get().index();
  }

  private static Measured measured(int index, double accuracy, double loss, int examples) {
    return new Measured(
        0, index, new int[] {index}, accuracy, 0.9, loss, 0.3, examples, 1, 1, 1, 1);
  }
}
