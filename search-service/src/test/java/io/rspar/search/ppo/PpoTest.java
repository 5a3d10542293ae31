package io.rspar.search.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * PPO alone on a toy allocation with a known optimum: shares of a budget over groups that gain with
 * diminishing returns. Group g gains {@code w_g √a_g} and pays {@code a_g}; the best action is
 * {@code a_g = (w_g ⁄ 2)²}, whatever the others do.
 */
class PpoTest {
  private static final double[] GAINS = {0.4, 1.8, 1.0, 1.5, 0.7};

  private static double reward(double[] actions) {
    double reward = 0;
    for (int g = 0; g < GAINS.length; g++) {
      reward += GAINS[g] * Math.sqrt(actions[g]) - actions[g];
    }
    return reward;
  }

  private static double optimum() {
    return reward(Arrays.stream(GAINS).map(w -> w * w / 4).toArray());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void thePolicyFindsTheOptimumAndItsSpreadShrinks(long seed) {
    PpoSettings settings = PpoSettings.DEFAULT.withLearningRate(3e-3);
    ActorCritic policy = learned(settings, 100, seed);
    assertThat(meanReward(policy)).as("seed %d", seed).isCloseTo(optimum(), within(0.02));
    assertThat(policy.std()).as("seed %d", seed).isLessThan(settings.initialStd());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void thePolicyBeatsTheBestOfAsManyRandomEpisodes(long seed) {
    Random random = new Random(seed);
    double best = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < 100 * 16; i++) {
      best = Math.max(best, reward(random.doubles(GAINS.length).toArray()));
    }
    ActorCritic policy = learned(PpoSettings.DEFAULT.withLearningRate(3e-3), 100, seed);
    assertThat(meanReward(policy)).as("seed %d", seed).isGreaterThan(best);
  }

  private static ActorCritic learned(PpoSettings settings, int updates, long seed) {
    Random random = new Random(seed);
    ActorCritic policy = ActorCritic.initial(GAINS.length, settings, random);
    Ppo ppo = new Ppo(settings);
    for (int update = 0; update < updates; update++) {
      List<Episode> episodes = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        List<Step> steps = new ArrayList<>();
        for (int g = 0; g < GAINS.length; g++) {
          steps.add(policy.act(state(g), 0, random));
        }
        episodes.add(
            new Episode(steps, reward(steps.stream().mapToDouble(Step::action).toArray())));
      }
      policy = ppo.update(policy, episodes, random);
    }
    return policy;
  }

  private static double meanReward(ActorCritic policy) {
    double[] actions = new double[GAINS.length];
    Arrays.setAll(actions, g -> policy.actGreedily(state(g), 0).action());
    return reward(actions);
  }

  private static double[] state(int group) {
    double[] state = new double[GAINS.length];
    state[group] = 1;
    return state;
  }
}
