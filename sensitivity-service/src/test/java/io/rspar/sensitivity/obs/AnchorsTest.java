package io.rspar.sensitivity.obs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.MeasuredLoss;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnchorsTest {
  private static final GroupSensitivity RAW =
      new GroupSensitivity(
          "g", new double[4], new int[] {0, 1, 2, 3}, new double[] {0, 1, 4, 6, 10});

  @Test
  void theCurvePassesThroughMeasuredPointsAndKeepsItsShapeBetweenThem() {
    GroupSensitivity anchored =
        Anchors.through(RAW, List.of(new MeasuredLoss(2, 8), new MeasuredLoss(1, 9)));
    assertThat(anchored.curve()).containsExactly(new double[] {0, 2, 8, 9, 11}, within(1e-12));
    assertThat(anchored.measured()).hasSize(2);
    assertThat(anchored.removalOrder()).isEqualTo(RAW.removalOrder());
  }

  /** Chance may make a smaller network look better; nobody should rely on it. */
  @Test
  void theCurveNeverFalls() {
    GroupSensitivity anchored =
        Anchors.through(RAW, List.of(new MeasuredLoss(3, 2), new MeasuredLoss(2, 1)));
    assertThat(anchored.curve()).isSorted();
    assertThat(anchored.curve()[2]).isEqualTo(2);
  }

  @Test
  void aFlatStretchRisesEvenly() {
    GroupSensitivity flat =
        new GroupSensitivity("g", new double[2], new int[] {0, 1}, new double[] {0, 0, 0});
    assertThat(Anchors.through(flat, List.of(new MeasuredLoss(0, 4))).curve())
        .containsExactly(0, 2, 4);
  }

  @Test
  void groupsOfOneChannelHaveNothingToMeasure() {
    assertThat(Anchors.widths(1)).isEmpty();
    assertThat(Anchors.widths(16)).containsExactly(14, 12, 8, 6, 4);
  }
}
