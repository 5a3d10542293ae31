package io.rspar.search.rspar;

import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.search.allocation.ActionWall;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.SearchSpace;
import io.rspar.search.ppo.ActorCritic;
import io.rspar.search.ppo.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One allocation as an episode (AMC, He et al. 2018, arXiv 1802.03494): group after group in
 * network order, the policy sees what the group is and what was decided so far, and says which
 * share of what may go of it goes. Then the wall brings all decisions to the budget.
 */
final class AllocationEnvironment {
  /** Shares of a group's channels at which the state holds its sensitivity curve. */
  private static final double[] CURVE_SHARES = {0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875};

  /** Place, start, cost removed, cost left to decide on, last action. */
  private static final int RUNNING = 5;

  /**
   * A played episode.
   *
   * @param widths after the wall
   */
  // Plain array: handed on, never compared and never changed.
  @SuppressWarnings("ArrayRecordComponent")
  record Played(List<Step> steps, int[] widths) {}

  private final SearchSpace space;
  private final AllocationProblem problem;
  private final ActionWall wall;
  private final double[] start;
  private final double dearest;
  private final double denseCost;

  /**
   * @param start widths at which the mean of an untrained policy lies
   */
  AllocationEnvironment(SearchSpace space, AllocationProblem problem, int[] start) {
    this.space = space;
    this.problem = problem;
    this.wall = new ActionWall(problem);
    this.start = wall.wishes(start);
    this.dearest = space.groups().stream().mapToDouble(g -> g.curve()[g.width()]).max().orElse(0);
    this.denseCost = problem.cost().applyAsLong(problem.full());
  }

  /** Numbers in a state. */
  static int stateSize(SearchSpace space) {
    return space.features()[0].length + CURVE_SHARES.length + RUNNING;
  }

  /** Plays an episode with a policy that draws its actions. */
  Played play(ActorCritic policy, Random random) {
    int groups = start.length;
    int[] decided = problem.full();
    int[] smallest = problem.smallest();
    double[] wishes = new double[groups];
    List<Step> steps = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      Step step = policy.act(state(g, decided, smallest, steps), start[g], random);
      steps.add(step);
      wishes[g] = step.u();
      int full = decided[g];
      decided[g] = problem.nearest(g, full - step.action() * (full - smallest[g]));
    }
    return new Played(steps, wall.widths(wishes));
  }

  /** Static features, curve, and where the episode stands; all of about −1 to 1. */
  private double[] state(int group, int[] decided, int[] smallest, List<Step> steps) {
    double[] features = space.features()[group];
    double[] state = new double[features.length + CURVE_SHARES.length + RUNNING];
    System.arraycopy(features, 0, state, 0, features.length);
    int at = features.length;
    GroupSensitivity sensitivity = space.groups().get(group);
    for (double share : CURVE_SHARES) {
      double loss = sensitivity.curve()[(int) Math.round(share * sensitivity.width())];
      // The root spreads the small values, where most decisions fall.
      state[at++] = dearest > 0 ? Math.sqrt(loss / dearest) : 0;
    }
    int[] rest = decided.clone();
    System.arraycopy(smallest, group, rest, group, rest.length - group);
    double now = problem.cost().applyAsLong(decided);
    state[at++] = (group + 0.5) / start.length;
    state[at++] = Math.tanh(start[group] / 2);
    state[at++] = 1 - now / denseCost;
    state[at++] = (now - problem.cost().applyAsLong(rest)) / denseCost;
    state[at] = steps.isEmpty() ? 0 : steps.get(steps.size() - 1).action();
    return state;
  }
}
