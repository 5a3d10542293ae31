package io.rspar.search.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.kit.sensitivity.GroupSensitivity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ActionWallTest {
  private static final int WIDTH = 32;

  /** Whatever is wished for, the budget is kept, and no group could still be widened. */
  @Test
  void anyWishesUseTheBudgetAndKeepIt() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      AllocationProblem problem = chain(6, 0.15 + 0.8 * random.nextDouble());
      double[] wishes = random.doubles(6, -8, 8).toArray();
      int[] kept = new ActionWall(problem).widths(wishes);
      assertThat(problem.isWithinLimit(kept)).as("seed %d", seed).isTrue();
      for (int g = 0; g < kept.length; g++) {
        if (kept[g] < WIDTH) {
          int[] wider = kept.clone();
          wider[g] += 2;
          assertThat(problem.isWithinLimit(wider)).as("seed %d, group %d", seed, g).isFalse();
        }
      }
    }
  }

  @Test
  void theWishesOfWidthsThatExhaustTheBudgetLeadBackToThem() {
    int[] kept = {8, 30, 16, 22, 2, 32};
    AllocationProblem problem = chain(6, 0.5);
    problem = problem(problem.groups(), problem.widths(), problem.cost().applyAsLong(kept));
    ActionWall wall = new ActionWall(problem);
    assertThat(wall.widths(wall.wishes(kept))).containsExactly(kept);
  }

  @Test
  void equalWishesGiveEqualShares() {
    int[] kept = new ActionWall(chain(6, 0.4)).widths(new double[6]);
    int least = Arrays.stream(kept).min().orElseThrow();
    assertThat(Arrays.stream(kept).max().orElseThrow() - least).isLessThanOrEqualTo(2);
  }

  @Test
  void aGroupThatIsWishedAwayGoesFirst() {
    int[] kept = new ActionWall(chain(3, 0.5)).widths(new double[] {3, -3, -3});
    assertThat(kept[0]).isLessThan(kept[1]).isLessThan(kept[2]);
  }

  @Test
  void anImpossibleBudgetIsRefused() {
    AllocationProblem problem = chain(3, 0.0001);
    assertThatThrownBy(() -> new ActionWall(problem))
        .isInstanceOf(UnreachableTargetException.class);
  }

  private static AllocationProblem chain(int groups, double share) {
    List<GroupSensitivity> sensitivities = new ArrayList<>();
    int[][] widths = new int[groups][];
    for (int g = 0; g < groups; g++) {
      sensitivities.add(GroupSensitivity.additive("g" + g, new double[WIDTH]));
      widths[g] = IntStream.rangeClosed(1, WIDTH / 2).map(i -> 2 * i).toArray();
    }
    int[] full = new int[groups];
    Arrays.fill(full, WIDTH);
    return problem(sensitivities, widths, (long) (share * cost(full)));
  }

  private static AllocationProblem problem(
      List<GroupSensitivity> groups, int[][] widths, long limit) {
    return new AllocationProblem(groups, widths, true, ActionWallTest::cost, limit);
  }

  private static long cost(int[] kept) {
    long cost = 27L * kept[0];
    for (int g = 1; g < kept.length; g++) {
      cost += 9L * kept[g - 1] * kept[g];
    }
    return cost;
  }
}
