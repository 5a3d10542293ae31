package io.rspar.search.baseline;

import io.rspar.search.ppo.Adam;
import java.util.Arrays;
import java.util.Locale;

/**
 * Joint training and pruning, in a simplified form of Ganjdanesh et al. ("Jointly Training and
 * Pruning CNNs via Learnable Agent Guidance and Alignment", CVPR 2024, arXiv 2403.19490). The
 * paper's agent, which proposes widths by reinforcement learning while the network trains, is
 * replaced by one learnable threshold θ_g per group: a channel is multiplied by
 *
 * <pre>
 *   m_k = σ((s_k − θ_g) ⁄ τ)
 *   loss = cross-entropy + λ · max(0, cost(m) ⁄ target − 1)
 * </pre>
 *
 * where s_k is the L2 norm of the channel's weights over its group's mean. Thresholds learn by Adam
 * and weights by SGD, from the same batches of training data; τ falls from 1 to 0.01, so that masks
 * end at 0 or 1. Channels with m below ½ go. Scores follow the weights as they learn, but pass no
 * gradient back to them.
 *
 * @param data of the training
 * @param costWeight λ (nats)
 * @param learningRate of Adam
 */
public record Jtp(TrainingData data, double costWeight, double learningRate) implements Baseline {
  private static final double FIRST_TEMPERATURE = 1;
  private static final double LAST_TEMPERATURE = 0.01;

  @Override
  public Prepared prepare(Subject subject, Progress progress) {
    subject.target().requireReachable();
    try (GatedTraining training = new GatedTraining(subject, data)) {
      ChannelLayout layout = training.layout();
      Thresholds thresholds = new Thresholds(layout, subject.target().smallest());
      CostPenalty penalty = new CostPenalty(CostPenalty.Form.LINEAR, costWeight, subject.target());
      Adam adam = new Adam(learningRate, layout.groups());
      double[] scores = Thresholds.relative(layout, training.norms());
      for (int step = 0; step < data.steps(); step++) {
        double temperature = temperature(step, data.steps());
        double[] masks = thresholds.masks(scores, temperature);
        double[] widths = layout.sums(masks);
        GatedTraining.Gradient gradient = training.descend(masks);
        double[] slopes = layout.spread(penalty.slopes(widths));
        Arrays.setAll(slopes, k -> slopes[k] + gradient.slopes()[k]);
        adam.step(thresholds.values(), thresholds.gradient(masks, slopes, temperature));
        scores = Thresholds.relative(layout, training.norms());
        thresholds.clamp(scores);
        progress.report(
            (step + 1.0) / data.steps(),
            String.format(
                Locale.ROOT,
                "training masks and weights, step %d of %d, loss %.3f, cost %.2f of the target",
                step + 1,
                data.steps(),
                gradient.lossNats(),
                penalty.ratio(widths)));
      }
      training.fold(thresholds.masks(scores, LAST_TEMPERATURE));
      return Learned.above(
          0, subject.space().groups(), layout, thresholds.margins(scores), training.graph());
    }
  }

  /** τ: falls by the same factor with each step. */
  static double temperature(int step, int steps) {
    double done = steps == 1 ? 1 : (double) step / (steps - 1);
    return FIRST_TEMPERATURE * Math.pow(LAST_TEMPERATURE / FIRST_TEMPERATURE, done);
  }
}
