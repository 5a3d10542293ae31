package io.rspar.search.ppo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Proximal policy optimisation with the clipped objective. An update is a pure function of the
 * policy, the episodes and the random numbers. Advantages are standardised over the update; Adam
 * begins anew with each, so that no state but the policy is carried.
 */
public final class Ppo {
  /** How far beyond the target KL an update goes before it ends (as Stable-Baselines3 does). */
  private static final double KL_TOLERANCE = 1.5;

  private final PpoSettings settings;

  public Ppo(PpoSettings settings) {
    this.settings = settings;
  }

  /** The policy after it has learned from episodes that it has played. */
  public ActorCritic update(ActorCritic policy, List<Episode> episodes, Random random) {
    List<Objective.Judged> steps = judged(episodes);
    Objective objective = new Objective(policy, settings);
    double[] parameters = policy.parameters();
    Adam adam = new Adam(settings.learningRate(), parameters.length);
    for (int epoch = 0; epoch < settings.epochs(); epoch++) {
      Collections.shuffle(steps, random);
      for (int from = 0; from < steps.size(); from += settings.minibatch()) {
        List<Objective.Judged> batch =
            steps.subList(from, Math.min(steps.size(), from + settings.minibatch()));
        Objective.Result result = objective.of(parameters, batch);
        if (result.kl() > KL_TOLERANCE * settings.targetKl()) {
          return policy.with(parameters);
        }
        shorten(result.gradient());
        adam.step(parameters, result.gradient());
      }
    }
    return policy.with(parameters);
  }

  private List<Objective.Judged> judged(List<Episode> episodes) {
    List<Objective.Judged> judged = new ArrayList<>();
    for (Episode episode : episodes) {
      double[] values = episode.steps().stream().mapToDouble(Step::value).toArray();
      double[] advantages =
          Advantages.of(values, episode.reward(), settings.discount(), settings.lambda());
      for (int t = 0; t < values.length; t++) {
        judged.add(
            new Objective.Judged(episode.steps().get(t), advantages[t], advantages[t] + values[t]));
      }
    }
    double mean = judged.stream().mapToDouble(Objective.Judged::advantage).average().orElse(0);
    double variance =
        judged.stream()
            .mapToDouble(j -> (j.advantage() - mean) * (j.advantage() - mean))
            .average()
            .orElse(0);
    double scale = 1 / (Math.sqrt(variance) + 1e-8);
    judged.replaceAll(
        j -> new Objective.Judged(j.step(), (j.advantage() - mean) * scale, j.target()));
    return judged;
  }

  private void shorten(double[] gradient) {
    double squares = 0;
    for (double g : gradient) {
      squares += g * g;
    }
    double factor = settings.maxGradientNorm() / (Math.sqrt(squares) + 1e-12);
    if (factor < 1) {
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= factor;
      }
    }
  }
}
