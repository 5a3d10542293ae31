package io.rspar.search.ppo;

/**
 * One decision of an episode.
 *
 * @param state what the policy saw
 * @param prior where the policy's mean begins, before the action is squashed: the network learns
 *     the distance from it
 * @param u the action before it is squashed into (0, 1), and before any wall
 * @param logDensity log-density of the action under the policy that took it
 * @param value return that the critic expected
 */
public record Step(double[] state, double prior, double u, double logDensity, double value) {

  /** The action, in (0, 1). */
  public double action() {
    return SquashedGaussian.squash(u);
  }
}
