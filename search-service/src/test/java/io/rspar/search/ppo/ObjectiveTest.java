package io.rspar.search.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectiveTest {
  private static final int STATE = 5;
  private static final PpoSettings SETTINGS =
      new PpoSettings(7, 0.4, 1e-3, 1, 8, 0.2, 0.5, 0.01, 0.5, 0.02, 1, 1);

  /** Every parameter of both networks and log std, where some ratios are clipped and some not. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theGradientEqualsCentralDifferences(long seed) {
    Random random = new Random(seed);
    ActorCritic policy = ActorCritic.initial(STATE, SETTINGS, random);
    List<Objective.Judged> batch = batch(policy, random);
    double[] parameters = policy.parameters();
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] += 0.15 * random.nextGaussian();
    }
    Objective objective = new Objective(policy, SETTINGS);
    double[] gradient = objective.of(parameters, batch).gradient();
    double step = 1e-6;
    for (int i = 0; i < parameters.length; i++) {
      double[] up = parameters.clone();
      up[i] += step;
      double[] down = parameters.clone();
      down[i] -= step;
      double slope =
          (objective.of(up, batch).loss() - objective.of(down, batch).loss()) / (2 * step);
      assertThat(gradient[i]).as("parameter %d, seed %d", i, seed).isCloseTo(slope, within(1e-6));
    }
  }

  @Test
  void aRatioBeyondTheClipEarnsNothingMoreAndGivesNoGradient() {
    ActorCritic policy = ActorCritic.initial(STATE, SETTINGS, new Random(4));
    Step taken = policy.act(new double[STATE], 0, new Random(5));
    // The acting policy's density was lower by e, so the ratio is e where the policy is the same.
    Step unlikely = new Step(taken.state(), 0, taken.u(), taken.logDensity() - 1, taken.value());
    Objective objective = new Objective(policy, SETTINGS);
    var good = objective.of(policy.parameters(), List.of(judged(unlikely, 2)));
    var bad = objective.of(policy.parameters(), List.of(judged(unlikely, -2)));
    double entropy = 0.01 * (Math.log(0.4) + 0.5 * Math.log(2 * Math.PI * Math.E));
    assertThat(good.loss()).isCloseTo(-1.2 * 2 - entropy, within(1e-9));
    assertThat(good.gradient()[policy.logStdIndex()]).as("entropy alone").isEqualTo(-0.01);
    assertThat(bad.loss()).isCloseTo(Math.E * 2 - entropy, within(1e-9));
    assertThat(bad.kl()).isCloseTo(Math.E - 1 - 1, within(1e-9));
  }

  private static Objective.Judged judged(Step step, double advantage) {
    return new Objective.Judged(step, advantage, step.value());
  }

  private static List<Objective.Judged> batch(ActorCritic policy, Random random) {
    List<Objective.Judged> batch = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      double[] state = random.doubles(STATE, -1, 1).toArray();
      Step step = policy.act(state, random.nextGaussian(), random);
      batch.add(new Objective.Judged(step, random.nextGaussian(), random.nextGaussian()));
    }
    return batch;
  }
}
