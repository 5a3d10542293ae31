package io.rspar.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PredictionsTest {

  @Test
  void divergenceIsThatOfTheDefinition() {
    Predictions even = Predictions.ofLogits(new float[] {0, 0}, 2);
    Predictions sure = Predictions.ofLogits(new float[] {(float) Math.log(3), 0}, 2);
    // KL((½, ½) ‖ (¾, ¼)) = ½·ln(½/¾) + ½·ln(½/¼)
    double expected = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
    assertThat(sure.divergence(even)).isCloseTo(expected, within(1e-6));
    assertThat(sure.divergence(sure)).isEqualTo(0);
  }
}
