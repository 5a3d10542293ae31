package io.rspar.search.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The task loss reaches thresholds and logits: no cost is part of anything here. */
class GradientsTest {
  private static final double TEMPERATURE = 0.5;
  private static final Subject SUBJECT = Demo.subject(0.5);

  /** Loss and gradient of the first validation batch; nothing learns. */
  private static GatedTraining.Gradient at(double[] factors) {
    try (GatedTraining training = new GatedTraining(SUBJECT, Demo.data(1, 5))) {
      return training.examine(factors);
    }
  }

  @Test
  void theTaskLossAloneMovesEveryThresholdTheWayItFalls() {
    ChannelLayout layout = new ChannelLayout(SUBJECT.target().full());
    double[] scores;
    try (GatedTraining training = new GatedTraining(SUBJECT, Demo.data(1, 5))) {
      scores = Thresholds.relative(layout, training.norms());
    }
    Thresholds thresholds = new Thresholds(layout, SUBJECT.target().smallest());
    Arrays.fill(thresholds.values(), 0.8);
    double[] masks = thresholds.masks(scores, TEMPERATURE);
    double[] gradient = thresholds.gradient(masks, at(masks).slopes(), TEMPERATURE);
    assertThat(gradient).doesNotContain(0);
    double step = 0.02;
    for (int g = 0; g < layout.groups(); g++) {
      double before = thresholds.values()[g];
      thresholds.values()[g] = before + step;
      double up = at(thresholds.masks(scores, TEMPERATURE)).lossNats();
      thresholds.values()[g] = before - step;
      double down = at(thresholds.masks(scores, TEMPERATURE)).lossNats();
      thresholds.values()[g] = before;
      double slope = (up - down) / (2 * step);
      assertThat(gradient[g])
          .as("group %d", g)
          .isCloseTo(slope, within(0.02 + 0.05 * Math.abs(slope)));
      if (Math.abs(slope) > 0.05) {
        assertThat(Math.signum(gradient[g])).as("sign, group %d", g).isEqualTo(Math.signum(slope));
      }
    }
  }

  @Test
  void theTaskLossAloneMovesLogitsTheWayItFalls() {
    ChannelLayout layout = new ChannelLayout(SUBJECT.target().full());
    MaskLogits logits = new MaskLogits(layout, SUBJECT.target().smallest(), 0.4);
    MaskLogits.Drawn drawn = logits.draw(new Random(2));
    double[] slopes = at(drawn.masks()).slopes();
    double[] gradient = logits.gradient(drawn, slopes);
    assertThat(DoubleStream.of(gradient).filter(d -> d != 0).count())
        .as("channels whose logit the task loss moves")
        .isGreaterThan(layout.channels() * 9L / 10);
    double step = 0.05;
    int[] steepest =
        IntStream.range(0, slopes.length)
            .boxed()
            .sorted(Comparator.comparingDouble(k -> -Math.abs(slopes[k])))
            .limit(4)
            .mapToInt(Integer::intValue)
            .toArray();
    for (int k : steepest) {
      double[] factors = drawn.masks().clone();
      factors[k] += step;
      double up = at(factors).lossNats();
      factors[k] -= 2 * step;
      double down = at(factors).lossNats();
      double slope = (up - down) / (2 * step);
      assertThat(slopes[k]).as("channel %d", k).isCloseTo(slope, within(0.1 * Math.abs(slope)));
      assertThat(Math.signum(gradient[k])).as("sign").isEqualTo(Math.signum(slope));
    }
  }

  @Test
  void weightsLearnWhileMasksAreExaminedOnlyFromTrainingData() {
    double[] all = new double[new ChannelLayout(SUBJECT.target().full()).channels()];
    Arrays.fill(all, 1);
    try (GatedTraining training = new GatedTraining(SUBJECT, Demo.data(2, 5))) {
      double[] before = training.norms();
      var statistics = training.graph();
      training.examine(all);
      assertThat(training.norms()).as("validation examples teach no weight").isEqualTo(before);
      assertThat(training.graph().initializers())
          .as("nor any running statistic")
          .isEqualTo(statistics.initializers());
      training.descend(all);
      assertThat(training.norms()).isNotEqualTo(before);
    }
  }

  @Test
  void thresholdsKeepTheChannelsThatTheConstraintsKeep() {
    ChannelLayout layout = new ChannelLayout(new int[] {4, 3});
    Thresholds thresholds = new Thresholds(layout, new int[] {2, 1});
    double[] scores = {0.5, 1.5, 1.0, 1.0, 0.1, 0.2, 2.7};
    Arrays.fill(thresholds.values(), 9);
    thresholds.clamp(scores);
    assertThat(thresholds.values()).containsExactly(1.0, 2.7);
    assertThat(thresholds.masks(scores, 0.01))
        .containsExactly(new double[] {0, 1, 0.5, 0.5, 0, 0, 0.5}, within(1e-9));
  }
}
