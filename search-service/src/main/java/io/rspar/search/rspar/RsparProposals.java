package io.rspar.search.rspar;

import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.CurveOptimalAllocation;
import io.rspar.search.allocation.LossCurves;
import io.rspar.search.allocation.SearchSpace;
import io.rspar.search.ppo.ActorCritic;
import io.rspar.search.ppo.Episode;
import io.rspar.search.ppo.Ppo;
import io.rspar.search.ppo.PpoSettings;
import io.rspar.search.ppo.Step;
import io.rspar.search.strategy.Measured;
import io.rspar.search.strategy.Proposals;
import io.rspar.search.strategy.SearchTask;
import io.rspar.search.strategy.Seeds;
import io.rspar.search.strategy.SteadyAccuracy;
import io.rspar.search.strategy.TemperedProposals;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * R-SPAR's proposals. The first round measures curve-optimal allocations; the policy begins at the
 * best of them. Every further round plays episodes with the policy until it has as many widths that
 * are not measured yet as it may measure; then their rewards, and the known ones of repeated
 * widths, make the policy's next update.
 *
 * <p>Nothing is kept between rounds: the policy of a round is played anew from the seed and what
 * was measured.
 *
 * @param seed of the request
 * @param settings of the policy and its updates
 * @param episodesPerUpdate the latest episodes that an update learns from, at least
 */
public record RsparProposals(long seed, PpoSettings settings, int episodesPerUpdate)
    implements Proposals {
  /** Episodes played for one candidate before widths that are known are accepted again. */
  private static final int ATTEMPTS = 40;

  // Uses of random numbers.
  private static final long INITIAL_WEIGHTS = -1;
  private static final long UPDATE = -2;

  private static final Proposals WARM_START = new TemperedProposals();

  @Override
  public List<int[]> propose(SearchTask task, int round, List<Measured> earlier) {
    return round < firstPlayed(earlier)
        ? WARM_START.propose(task, round, earlier)
        : new Learner(task, earlier).candidates(round);
  }

  @Override
  public int[] untried(SearchTask task, AllocationProblem problem, List<Measured> measured) {
    return CurveOptimalAllocation.allocate(problem, calibrated(task, measured));
  }

  /** What an earlier request measured takes the place of the first round. */
  private static int firstPlayed(List<Measured> measured) {
    return SearchTask.before(0, measured).isEmpty() ? 1 : 0;
  }

  private static LossCurves calibrated(SearchTask task, List<Measured> measured) {
    double temper =
        TemperedProposals.best(task, SearchTask.before(firstPlayed(measured), measured));
    SearchSpace space = task.space();
    return CurveCalibration.of(
        LossCurves.tempered(space.groups(), space.comparable(), temper), measured);
  }

  /**
   * A played episode and, for a candidate, where in its round it stands.
   *
   * @param steps empty where the curves and not the policy chose
   */
  private record Trial(List<Step> steps, int[] widths, int index) {}

  /** Plays a search from the first round that is the policy's. */
  private final class Learner {
    private final SearchTask task;
    private final List<Measured> measured;
    private final Ppo ppo = new Ppo(settings);
    private ActorCritic policy;
    private List<Episode> latest = new ArrayList<>();

    Learner(SearchTask task, List<Measured> measured) {
      this.task = task;
      this.measured = measured;
      SearchSpace space = task.space();
      this.policy =
          ActorCritic.initial(
              AllocationEnvironment.stateSize(space),
              settings,
              Seeds.random(seed, INITIAL_WEIGHTS));
    }

    List<int[]> candidates(int round) {
      for (int past = firstPlayed(measured); past < round; past++) {
        learn(past, play(past));
      }
      return play(round).stream().filter(trial -> trial.index() >= 0).map(Trial::widths).toList();
    }

    /** The episodes of a round: its candidates, and on the way those whose reward was known. */
    private List<Trial> play(int round) {
      List<AllocationProblem> limits = task.limits(round, measured);
      List<Measured> known = SearchTask.before(round, measured);
      LossCurves curves = calibrated(task, known);
      List<Trial> trials = new ArrayList<>();
      AllocationProblem limit = null;
      int[] start = null;
      AllocationEnvironment environment = null;
      for (int index = 0; index < limits.size(); index++) {
        if (!limits.get(index).equals(limit)) {
          limit = limits.get(index);
          start = CurveOptimalAllocation.allocate(limit, curves);
          environment = new AllocationEnvironment(task.space(), limit, start);
        }
        if (index == 0 && rewardOf(known, start).isEmpty()) {
          trials.add(new Trial(List.of(), start, index));
          continue;
        }
        for (int attempt = 1; ; attempt++) {
          AllocationEnvironment.Played played =
              environment.play(policy, Seeds.random(seed, round, index, attempt));
          boolean repeats = isIn(trials, played.widths());
          if (attempt == ATTEMPTS || !(repeats || rewardOf(known, played.widths()).isPresent())) {
            trials.add(new Trial(played.steps(), played.widths(), index));
            break;
          }
          if (!repeats) {
            trials.add(new Trial(played.steps(), played.widths(), -1));
          }
        }
      }
      return trials;
    }

    private void learn(int round, List<Trial> trials) {
      List<Measured> known = SteadyAccuracy.of(SearchTask.before(round + 1, measured));
      List<Episode> episodes = new ArrayList<>();
      for (Trial trial : trials) {
        // A candidate that failed has no reward, and teaches nothing.
        if (!trial.steps().isEmpty()) {
          rewardOf(known, trial.widths())
              .ifPresent(reward -> episodes.add(new Episode(trial.steps(), reward)));
        }
      }
      int older = Math.max(0, Math.min(latest.size(), episodesPerUpdate - episodes.size()));
      List<Episode> all = new ArrayList<>(latest.subList(latest.size() - older, latest.size()));
      all.addAll(episodes);
      latest = all;
      if (!all.isEmpty()) {
        policy = ppo.update(policy, all, Seeds.random(seed, UPDATE, round));
      }
    }

    private Optional<Double> rewardOf(List<Measured> known, int[] widths) {
      return known.stream()
          .filter(m -> Arrays.equals(m.widths(), widths))
          .findFirst()
          .map(task.goal()::reward);
    }

    private static boolean isIn(List<Trial> trials, int[] widths) {
      return trials.stream().anyMatch(t -> Arrays.equals(t.widths(), widths));
    }
  }
}
