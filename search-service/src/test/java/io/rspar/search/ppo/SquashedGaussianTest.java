package io.rspar.search.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SquashedGaussianTest {

  /** The density is one over actions, not over what lies before the squashing. */
  @ParameterizedTest
  @CsvSource({"0, -1", "1.5, 0", "-3, 0.5"})
  void theDensityOverActionsIntegratesToOne(double mean, double logStd) {
    SquashedGaussian distribution = new SquashedGaussian(mean, logStd);
    int cells = 200_000;
    double sum = 0;
    for (int i = 0; i < cells; i++) {
      double action = (i + 0.5) / cells;
      double u = Math.log(action / (1 - action));
      sum += Math.exp(distribution.logDensity(u)) / cells;
    }
    assertThat(sum).isCloseTo(1, within(1e-3));
  }
}
