package io.rspar.search.rspar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.search.allocation.LossCurves;
import io.rspar.search.strategy.Measured;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CurveCalibrationTest {
  private static final double[] FACTORS = {0.02, 0.005, 0.01, 0.04};
  private final LossCurves curves =
      LossCurves.tempered(
          List.of(group("a", 1), group("b", 2), group("c", 3), group("d", 1)), true, 1);

  @Test
  void manyCandidatesTellEveryFactor() {
    LossCurves calibrated = CurveCalibration.of(curves, measured(60, new Random(1)));
    for (int g = 0; g < FACTORS.length; g++) {
      assertThat(calibrated.loss(g, 4))
          .isCloseTo(FACTORS[g] * curves.loss(g, 4), within(0.05 * FACTORS[g] * curves.loss(g, 4)));
    }
  }

  @Test
  void oneCandidateTellsTheLevelButLeavesTheRanking() {
    LossCurves calibrated = CurveCalibration.of(curves, measured(1, new Random(1)));
    assertThat(calibrated.loss(2, 4)).isGreaterThan(calibrated.loss(0, 4));
    assertThat(Arrays.stream(calibrated.losses(new int[] {4, 4, 4, 4})).sum())
        .isBetween(0.005, 0.2);
  }

  @Test
  void withoutCandidatesOrLossesTheCurvesStayAsTheyAre() {
    assertThat(CurveCalibration.of(curves, List.of())).isSameAs(curves);
    assertThat(
            CurveCalibration.of(
                curves,
                List.of(
                    new Measured(
                        0,
                        0,
                        new int[] {8, 4, 4, 4},
                        1,
                        0.9,
                        Double.NaN,
                        Double.NaN,
                        0,
                        1,
                        1,
                        1,
                        1))))
        .isSameAs(curves);
  }

  private List<Measured> measured(int count, Random random) {
    List<Measured> measured = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] widths = random.ints(4, 1, 9).toArray();
      double[] losses = curves.losses(widths);
      double lost = 0;
      for (int g = 0; g < losses.length; g++) {
        lost += FACTORS[g] * losses[g];
      }
      measured.add(new Measured(0, i, widths, 0.9 - lost, 0.9, 0.3 + lost, 0.3, 1000, 1, 1, 1, 1));
    }
    return measured;
  }

  private static GroupSensitivity group(String id, double level) {
    double[] scores = new double[8];
    Arrays.setAll(scores, c -> level * (c + 1) / 36);
    return GroupSensitivity.additive(id, scores);
  }
}
