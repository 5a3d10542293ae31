package io.rspar.search.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rspar.kit.sensitivity.GroupSensitivity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AllocationPolicyTest {

  @Test
  void uniformKeepsTheSameShareEverywhere() {
    AllocationProblem problem = chain(new Random(1), 4, 16, 0.5);
    int[] kept = new UniformAllocation().allocate(problem);
    assertThat(kept).containsOnly(kept[0]);
    assertThat(problem.isWithinLimit(kept)).isTrue();
    int[] wider = kept.clone();
    Arrays.setAll(wider, g -> kept[g] + 1);
    assertThat(problem.isWithinLimit(wider)).as("one more channel each is too many").isFalse();
  }

  @Test
  void globalThresholdRemovesTheLowestScoresOfAllGroups() {
    List<GroupSensitivity> groups =
        List.of(
            GroupSensitivity.additive("a", new double[] {1, 2, 3, 4}),
            GroupSensitivity.additive("b", new double[] {10, 20, 30, 0.5}));
    AllocationProblem problem =
        new AllocationProblem(
            groups, new int[][] {{1, 2, 3, 4}, {1, 2, 3, 4}}, true, k -> k[0] + k[1], 5);
    assertThat(new GlobalThresholdAllocation().allocate(problem)).containsExactly(2, 3);
  }

  @Test
  void incomparableScoresAreMeasuredAgainstTheirGroupsMean() {
    List<GroupSensitivity> groups =
        List.of(
            GroupSensitivity.additive("small", new double[] {0.1, 0.1, 0.1, 0.01}),
            GroupSensitivity.additive("large", new double[] {100, 100, 100, 10}));
    AllocationProblem problem =
        new AllocationProblem(
            groups, new int[][] {{1, 2, 3, 4}, {1, 2, 3, 4}}, false, k -> k[0] + k[1], 6);
    assertThat(new GlobalThresholdAllocation().allocate(problem)).containsExactly(3, 3);
  }

  @Test
  void curveOptimalIsCloseToTheExhaustiveOptimum() {
    double worst = 1;
    double sum = 0;
    int trials = 200;
    for (int seed = 0; seed < trials; seed++) {
      Random random = new Random(seed);
      AllocationProblem problem = chain(random, 4, 6, 0.25 + 0.5 * random.nextDouble());
      int[] kept = new CurveOptimalAllocation(1).allocate(problem);
      assertThat(problem.isWithinLimit(kept)).as("seed %d", seed).isTrue();
      double ratio = (loss(problem, kept) + 1e-9) / (exhaustive(problem) + 1e-9);
      worst = Math.max(worst, ratio);
      sum += ratio;
    }
    assertThat(sum / trials).as("mean loss over the optimum's").isCloseTo(1, within(0.01));
    assertThat(worst).as("worst loss over the optimum's").isLessThan(1.25);
  }

  @Test
  void curveOptimalSparesTheSensitiveGroup() {
    List<GroupSensitivity> groups =
        List.of(
            GroupSensitivity.additive("robust", new double[] {.1, .2, .3, .4, .5, .6, .7, .8}),
            GroupSensitivity.additive("fragile", new double[] {5, 10, 15, 20, 25, 30, 35, 40}));
    int[][] widths = {{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 3, 4, 5, 6, 7, 8}};
    AllocationProblem problem = new AllocationProblem(groups, widths, true, k -> k[0] + k[1], 12);
    assertThat(new CurveOptimalAllocation(1).allocate(problem)).containsExactly(4, 8);
    assertThat(new CurveOptimalAllocation(0).allocate(problem))
        .as("without levels the groups look alike")
        .containsExactly(6, 6);
  }

  @Test
  void curvesWithoutACommonUnitAreTakenRelativeToTheirGroup() {
    double[] shape = {1, 2, 3, 4, 5, 6, 7, 8};
    List<GroupSensitivity> groups =
        List.of(
            GroupSensitivity.additive("small", shape),
            GroupSensitivity.additive("large", Arrays.stream(shape).map(s -> 1000 * s).toArray()));
    int[][] widths = {{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 3, 4, 5, 6, 7, 8}};
    AllocationProblem problem = new AllocationProblem(groups, widths, false, k -> k[0] + k[1], 12);
    assertThat(new CurveOptimalAllocation(1).allocate(problem)).containsExactly(6, 6);
  }

  @Test
  void anImpossibleTargetNamesTheLeastCost() {
    AllocationProblem problem = chain(new Random(3), 3, 8, 0.0001);
    for (AllocationPolicy policy :
        List.of(
            new UniformAllocation(),
            new GlobalThresholdAllocation(),
            new CurveOptimalAllocation(1))) {
      assertThatThrownBy(() -> policy.allocate(problem))
          .isInstanceOf(UnreachableTargetException.class)
          .hasMessageContaining("cannot be reached");
    }
  }

  /** Layers in a row: the cost of each is the product of the widths before and after it. */
  private static AllocationProblem chain(Random random, int groups, int width, double share) {
    List<GroupSensitivity> sensitivities = new ArrayList<>();
    int[][] widths = new int[groups][width];
    for (int g = 0; g < groups; g++) {
      double level = Math.exp(2 * random.nextGaussian());
      double[] scores = random.doubles(width).map(s -> level * s * s).toArray();
      sensitivities.add(GroupSensitivity.additive("g" + g, scores));
      for (int i = 0; i < width; i++) {
        widths[g][i] = i + 1;
      }
    }
    AllocationProblem open =
        new AllocationProblem(
            sensitivities, widths, true, AllocationPolicyTest::chainCost, Long.MAX_VALUE);
    long limit = (long) (share * chainCost(open.full()));
    return new AllocationProblem(
        sensitivities, widths, true, AllocationPolicyTest::chainCost, limit);
  }

  private static long chainCost(int[] kept) {
    long cost = 3L * 9 * kept[0];
    for (int g = 1; g < kept.length; g++) {
      cost += 9L * kept[g - 1] * kept[g];
    }
    return cost + 10L * kept[kept.length - 1];
  }

  private static double loss(AllocationProblem problem, int[] kept) {
    double loss = 0;
    for (int g = 0; g < kept.length; g++) {
      GroupSensitivity group = problem.groups().get(g);
      loss += group.curve()[group.width() - kept[g]];
    }
    return loss;
  }

  private static double exhaustive(AllocationProblem problem) {
    int[] kept = problem.smallest();
    double best = Double.POSITIVE_INFINITY;
    int width = problem.full()[0];
    int count = (int) Math.pow(width, kept.length);
    for (int code = 0; code < count; code++) {
      int rest = code;
      for (int g = 0; g < kept.length; g++) {
        kept[g] = 1 + rest % width;
        rest /= width;
      }
      if (problem.isWithinLimit(kept)) {
        best = Math.min(best, loss(problem, kept));
      }
    }
    return best;
  }
}
