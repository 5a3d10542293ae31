package io.rspar.search.ppo;

import java.util.List;

/**
 * A finished episode: the reward comes with the last step.
 *
 * @param steps at least one
 */
public record Episode(List<Step> steps, double reward) {
  public Episode {
    steps = List.copyOf(steps);
    if (steps.isEmpty() || !Double.isFinite(reward)) {
      throw new IllegalArgumentException(
          "an episode has steps and a finite reward, not %d and %s"
              .formatted(steps.size(), reward));
    }
  }
}
