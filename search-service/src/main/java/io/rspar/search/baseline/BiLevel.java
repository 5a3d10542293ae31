package io.rspar.search.baseline;

import io.rspar.search.ppo.Adam;
import io.rspar.search.strategy.Seeds;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/**
 * Bi-level pruning, in a simplified form of Gao et al. ("BilevelPruning: Unified Dynamic and Static
 * Channel Pruning for Convolutional Neural Networks", CVPR 2024). Upper level: one logit per
 * channel, from which masks are drawn with Gumbel noise and a straight-through step ({@link
 * MaskLogits}, T = 0.4), minimises
 *
 * <pre>
 *   cross-entropy + 2 w · max(0, log(R(m) ⁄ p))
 * </pre>
 *
 * on batches of validation data, with R the cost of the masked network and p the target. Lower
 * level: K steps of the weights on batches of training data, under the masks that are now likelier
 * than not. The levels alternate; the upper gradient is of the first order, the weights being held.
 * The paper's dynamic part, masks that depend on the input, has no place in a network that is cut
 * once and is left out.
 *
 * @param data of the training
 * @param costWeight w (nats)
 * @param learningRate of Adam, for the logits
 * @param weightSteps K
 */
public record BiLevel(TrainingData data, double costWeight, double learningRate, int weightSteps)
    implements Baseline {
  private static final double TEMPERATURE = 0.4;

  /** Use of random numbers. */
  private static final long NOISE = -3;

  @Override
  public Prepared prepare(Subject subject, Progress progress) {
    subject.target().requireReachable();
    try (GatedTraining training = new GatedTraining(subject, data)) {
      ChannelLayout layout = training.layout();
      MaskLogits logits = new MaskLogits(layout, subject.target().smallest(), TEMPERATURE);
      CostPenalty penalty =
          new CostPenalty(CostPenalty.Form.LOGARITHMIC, costWeight, subject.target());
      Adam adam = new Adam(learningRate, layout.channels());
      Random noise = Seeds.random(data.seed(), NOISE);
      while (training.steps() < data.steps()) {
        MaskLogits.Drawn drawn = logits.draw(noise);
        double[] widths = layout.sums(drawn.masks());
        GatedTraining.Gradient upper = training.examine(drawn.masks());
        double[] slopes = layout.spread(penalty.slopes(widths));
        Arrays.setAll(slopes, k -> slopes[k] + upper.slopes()[k]);
        adam.step(logits.values(), logits.gradient(drawn, slopes));
        double[] expected = logits.expected();
        for (int i = 0; i < weightSteps && training.steps() < data.steps(); i++) {
          training.descend(expected);
          progress.report(
              (double) training.steps() / data.steps(),
              String.format(
                  Locale.ROOT,
                  "alternating masks and weights, step %d of %d, validation loss %.3f, cost %.2f of"
                      + " the target",
                  training.steps(),
                  data.steps(),
                  upper.lossNats(),
                  penalty.ratio(layout.sums(expected))));
        }
      }
      training.fold(logits.expected());
      return Learned.above(0, subject.space().groups(), layout, logits.margins(), training.graph());
    }
  }
}
