package io.rspar.search.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MaskLogitsTest {
  private static final double TEMPERATURE = 0.4;

  @Test
  void channelsAreOnAsOftenAsGumbelNoiseSays() {
    double[] logits = {-1.5, -0.3665, 0, 1};
    MaskLogits masks = new MaskLogits(new ChannelLayout(new int[] {4}), new int[] {0}, TEMPERATURE);
    System.arraycopy(logits, 0, masks.values(), 0, 4);
    Random random = new Random(17);
    int draws = 20_000;
    double[] on = new double[4];
    for (int i = 0; i < draws; i++) {
      double[] drawn = masks.draw(random).masks();
      Arrays.setAll(on, k -> on[k] + drawn[k] / draws);
    }
    for (int k = 0; k < 4; k++) {
      // P(w + n ≥ 0) for Gumbel noise n
      assertThat(on[k]).isCloseTo(1 - Math.exp(-Math.exp(logits[k])), within(0.015));
    }
    assertThat(masks.expected()).containsExactly(0, 1, 1, 1);
  }

  @Test
  void aGroupNeverLosesWhatItHasToKeep() {
    MaskLogits masks =
        new MaskLogits(new ChannelLayout(new int[] {3, 2}), new int[] {2, 1}, TEMPERATURE);
    double[] logits = {-60, -50, -70, -40, -30};
    System.arraycopy(logits, 0, masks.values(), 0, 5);
    assertThat(masks.expected()).containsExactly(1, 1, 0, 0, 1);
    assertThat(masks.draw(new Random(1)).masks()).containsExactly(1, 1, 0, 0, 1);
  }

  @Test
  void theStraightThroughStepIsTheSlopeOfTheSoftMask() {
    MaskLogits masks = new MaskLogits(new ChannelLayout(new int[] {3}), new int[] {1}, TEMPERATURE);
    double[] slopes = {0.7, -2, 0};
    double[] gradient = masks.gradient(masks.draw(new Random(4)), slopes);
    double step = 1e-6;
    for (int k = 0; k < 3; k++) {
      double before = masks.values()[k];
      masks.values()[k] = before + step;
      double up = masks.draw(new Random(4)).soft()[k];
      masks.values()[k] = before - step;
      double down = masks.draw(new Random(4)).soft()[k];
      masks.values()[k] = before;
      assertThat(gradient[k]).isCloseTo(slopes[k] * (up - down) / (2 * step), within(1e-6));
    }
  }
}
