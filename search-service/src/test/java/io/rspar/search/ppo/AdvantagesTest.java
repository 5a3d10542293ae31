package io.rspar.search.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AdvantagesTest {
  private static final double[] VALUES = {0.5, 0.2, 0.4};

  /** By hand: δ = (0.9·0.2 − 0.5, 0.9·0.4 − 0.2, 1 − 0.4) = (−0.32, 0.16, 0.6), γλ = 0.45. */
  @Test
  void sumsDiscountedErrorsOfTheCritic() {
    double[] expected = {-0.32 + 0.45 * (0.16 + 0.45 * 0.6), 0.16 + 0.45 * 0.6, 0.6};
    assertThat(Advantages.of(VALUES, 1, 0.9, 0.5)).containsExactly(expected, within(1e-12));
  }

  @Test
  void withoutDiscountLambdaOneIsTheRewardLessTheValue() {
    assertThat(Advantages.of(VALUES, 1, 1, 1))
        .containsExactly(new double[] {0.5, 0.8, 0.6}, within(1e-12));
  }

  @Test
  void lambdaZeroIsTheNextStepsErrorAlone() {
    assertThat(Advantages.of(VALUES, 1, 1, 0))
        .containsExactly(new double[] {-0.3, 0.2, 0.6}, within(1e-12));
  }
}
