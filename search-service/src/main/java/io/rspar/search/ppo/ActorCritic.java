package io.rspar.search.ppo;

import java.util.Random;

/**
 * A policy and its critic, immutable. Both are networks of two tanh layers; the standard deviation
 * is one learned number.
 */
public final class ActorCritic {
  private final Mlp actor;
  private final Mlp critic;
  private final double[] parameters;

  private ActorCritic(Mlp actor, Mlp critic, double[] parameters) {
    this.actor = actor;
    this.critic = critic;
    this.parameters = parameters;
  }

  /**
   * A policy whose mean is close to the prior in every state, and a critic that expects about 0.
   *
   * @param stateSize numbers in a state
   */
  public static ActorCritic initial(int stateSize, PpoSettings settings, Random random) {
    int hidden = settings.hiddenUnits();
    Mlp actor = new Mlp(0, stateSize, hidden, hidden, 1);
    Mlp critic = new Mlp(actor.end() + 1, stateSize, hidden, hidden, 1);
    double[] parameters = new double[critic.end()];
    actor.initialise(parameters, 0.01, random);
    critic.initialise(parameters, 0.1, random);
    parameters[actor.end()] = Math.log(settings.initialStd());
    return new ActorCritic(actor, critic, parameters);
  }

  ActorCritic with(double[] newParameters) {
    return new ActorCritic(actor, critic, newParameters);
  }

  double[] parameters() {
    return parameters.clone();
  }

  Mlp actor() {
    return actor;
  }

  Mlp critic() {
    return critic;
  }

  /** Where the parameter vector holds log std. */
  int logStdIndex() {
    return actor.end();
  }

  /** Standard deviation of the action before it is squashed. */
  public double std() {
    return Math.exp(parameters[logStdIndex()]);
  }

  /**
   * Takes an action.
   *
   * @param prior see {@link Step#prior}
   */
  public Step act(double[] state, double prior, Random random) {
    return step(state, prior, mean(state, prior) + std() * random.nextGaussian());
  }

  /** Takes the action at the policy's mean. */
  public Step actGreedily(double[] state, double prior) {
    return step(state, prior, mean(state, prior));
  }

  private double mean(double[] state, double prior) {
    return prior + last(actor.forward(parameters, state));
  }

  private Step step(double[] state, double prior, double u) {
    double density =
        new SquashedGaussian(mean(state, prior), parameters[logStdIndex()]).logDensity(u);
    return new Step(state, prior, u, density, last(critic.forward(parameters, state)));
  }

  static double last(double[][] outputs) {
    return outputs[outputs.length - 1][0];
  }
}
