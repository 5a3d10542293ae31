package io.rspar.sensitivity.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Moments of derivatives whose truth is known. */
class GateMomentsTest {
  private static final int CHANNELS = 200;
  private static final int EXAMPLES = 400;

  private final Random random = new Random(3);

  @Test
  void meansThatAreChanceAreShrunkAway() {
    assertThat(moments(0).shrinkage()).isLessThan(0.2);
  }

  /** Means of deviation 1/√400 = 0.05 about true ones of deviation t: t²/(t² + 0.05²) is truth. */
  @Test
  void theShareOfTruthInTheMeansIsFound() {
    assertThat(moments(0.05).shrinkage()).isCloseTo(0.5, within(0.12));
    assertThat(moments(1).shrinkage()).isCloseTo(1, within(0.01));
  }

  @Test
  void theExpansionIsNearerToTheTruthThanEitherOrderAlone() {
    double deviation = 0.05;
    double[] truth = new double[CHANNELS];
    GateMoments moments = moments(deviation, truth);
    double expansion = 0;
    double whole = 0;
    double none = 0;
    for (int c = 0; c < CHANNELS; c++) {
      double second = moments.secondOrder()[0][c];
      double mean = (second - moments.expansion()[0][c]) / moments.shrinkage();
      expansion += Math.pow(second - moments.expansion()[0][c] - truth[c], 2);
      whole += Math.pow(mean - truth[c], 2);
      none += Math.pow(truth[c], 2);
    }
    assertThat(expansion).isLessThan(whole).isLessThan(none);
  }

  @Test
  void whatNeverMovesTakesNoPart() {
    GateMoments moments = new GateMoments(new int[] {2, 1});
    for (int n = 0; n < 10; n++) {
      moments.add(new double[][] {{n % 2 == 0 ? 3 : 1, 0}, {0}});
    }
    assertThat(moments.shrinkage()).isEqualTo(1);
    assertThat(moments.secondOrder()[0]).containsExactly(2.5, 0);
    assertThat(moments.expansion()[0]).containsExactly(0.5, 0);
    assertThat(moments.expansion()[1]).containsExactly(0);
  }

  private GateMoments moments(double deviation) {
    return moments(deviation, new double[CHANNELS]);
  }

  private GateMoments moments(double deviation, double[] truth) {
    for (int c = 0; c < CHANNELS; c++) {
      truth[c] = deviation * random.nextGaussian();
    }
    GateMoments moments = new GateMoments(new int[] {CHANNELS});
    for (int n = 0; n < EXAMPLES; n++) {
      double[] example = new double[CHANNELS];
      for (int c = 0; c < CHANNELS; c++) {
        example[c] = truth[c] + random.nextGaussian();
      }
      moments.add(new double[][] {example});
    }
    return moments;
  }
}
