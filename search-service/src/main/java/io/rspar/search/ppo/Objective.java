package io.rspar.search.ppo;

import java.util.List;

/**
 * PPO's loss of a batch of steps, and its gradient:
 *
 * <pre>
 *   mean( −min(r A, clip(r, 1 − ε, 1 + ε) A) + c_v ½ (V − R)² ) − c_e (log std + ½ log 2πe)
 * </pre>
 *
 * with the probability ratio r, the advantage A and the return R of a step.
 */
final class Objective {
  private static final double HALF_LOG_2_PI_E = 0.5 * Math.log(2 * Math.PI * Math.E);

  /**
   * A step with what the episode says of it.
   *
   * @param advantage A
   * @param target the return R that the critic should have expected
   */
  record Judged(Step step, double advantage, double target) {}

  /**
   * @param loss the loss
   * @param gradient its derivative by the parameters
   * @param kl estimate of the Kullback–Leibler divergence of the policy from the one that acted:
   *     mean(r − 1 − log r) (nats)
   */
  record Result(double loss, double[] gradient, double kl) {}

  private final ActorCritic shape;
  private final PpoSettings settings;

  Objective(ActorCritic shape, PpoSettings settings) {
    this.shape = shape;
    this.settings = settings;
  }

  Result of(double[] parameters, List<Judged> batch) {
    double logStd = parameters[shape.logStdIndex()];
    double[] gradient = new double[parameters.length];
    double loss = 0;
    double kl = 0;
    double share = 1.0 / batch.size();
    for (Judged judged : batch) {
      Step step = judged.step();
      double[][] actor = shape.actor().forward(parameters, step.state());
      SquashedGaussian policy =
          new SquashedGaussian(step.prior() + ActorCritic.last(actor), logStd);
      double logRatio = policy.logDensity(step.u()) - step.logDensity();
      double ratio = Math.exp(logRatio);
      double clipped = Math.max(1 - settings.clip(), Math.min(1 + settings.clip(), ratio));
      double plain = ratio * judged.advantage();
      double bound = clipped * judged.advantage();
      loss -= share * Math.min(plain, bound);
      kl += share * (ratio - 1 - logRatio);
      if (plain <= bound) {
        double byLogDensity = -share * plain;
        gradient[shape.logStdIndex()] += byLogDensity * policy.byLogStd(step.u());
        shape
            .actor()
            .backward(
                parameters, actor, new double[] {byLogDensity * policy.byMean(step.u())}, gradient);
      }
      double[][] critic = shape.critic().forward(parameters, step.state());
      double error = ActorCritic.last(critic) - judged.target();
      loss += share * settings.valueWeight() * 0.5 * error * error;
      shape
          .critic()
          .backward(
              parameters, critic, new double[] {share * settings.valueWeight() * error}, gradient);
    }
    loss -= settings.entropyWeight() * (logStd + HALF_LOG_2_PI_E);
    gradient[shape.logStdIndex()] -= settings.entropyWeight();
    return new Result(loss, gradient, kl);
  }
}
