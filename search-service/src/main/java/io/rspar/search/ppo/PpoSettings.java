package io.rspar.search.ppo;

/**
 * Settings of {@link Ppo}.
 *
 * @param hiddenUnits tanh units in each of the two hidden layers
 * @param initialStd standard deviation of the action before it is squashed, at the beginning
 * @param learningRate of Adam
 * @param epochs passes over the episodes of an update, at most
 * @param minibatch steps per gradient step
 * @param clip how far the probability ratio may leave 1
 * @param valueWeight weight of the critic's loss
 * @param entropyWeight weight of the entropy (of the Gaussian before it is squashed)
 * @param maxGradientNorm longer gradients are shortened to this
 * @param targetKl an update ends early where the policy has moved further than one and a half times
 *     this (nats)
 * @param discount γ
 * @param lambda of generalised advantage estimation
 */
public record PpoSettings(
    int hiddenUnits,
    double initialStd,
    double learningRate,
    int epochs,
    int minibatch,
    double clip,
    double valueWeight,
    double entropyWeight,
    double maxGradientNorm,
    double targetKl,
    double discount,
    double lambda) {

  /** The common settings for small networks and few episodes. */
  public static final PpoSettings DEFAULT =
      new PpoSettings(64, 0.4, 3e-4, 10, 64, 0.2, 0.5, 0.001, 0.5, 0.02, 1, 1);

  public PpoSettings {
    if (hiddenUnits < 1
        || epochs < 1
        || minibatch < 1
        || !(initialStd > 0)
        || !(learningRate > 0)
        || !(clip > 0 && clip < 1)
        || !(discount > 0 && discount <= 1)
        || !(lambda >= 0 && lambda <= 1)) {
      throw new IllegalArgumentException("unusable PPO settings");
    }
  }

  public PpoSettings withLearningRate(double rate) {
    return new PpoSettings(
        hiddenUnits,
        initialStd,
        rate,
        epochs,
        minibatch,
        clip,
        valueWeight,
        entropyWeight,
        maxGradientNorm,
        targetKl,
        discount,
        lambda);
  }

  public PpoSettings withInitialStd(double std) {
    return new PpoSettings(
        hiddenUnits,
        std,
        learningRate,
        epochs,
        minibatch,
        clip,
        valueWeight,
        entropyWeight,
        maxGradientNorm,
        targetKl,
        discount,
        lambda);
  }
}
