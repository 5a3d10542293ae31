package io.rspar.search.baseline;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.GlobalThresholdAllocation;
import io.rspar.search.allocation.UniformAllocation;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepwiseCutTest {
  private static final AllocationProblem TARGET = Demo.subject(0.4).target();

  private final double[] scores =
      TARGET.groups().stream().flatMapToDouble(g -> Arrays.stream(g.scores())).toArray();

  @Test
  void onePartIsTheRuleItself() {
    StepwiseCut cut = new StepwiseCut(TARGET, new GlobalThresholdAllocation(), 1);
    cut.cut(scores);
    int[] widths = new GlobalThresholdAllocation().allocate(TARGET);
    assertThat(cut.widths()).isEqualTo(widths);
    for (int g = 0; g < widths.length; g++) {
      assertThat(cut.kept(g)).isEqualTo(TARGET.groups().get(g).kept(widths[g]));
    }
  }

  @Test
  void everyPartMeetsItsShareAndWhatWentStaysAway() {
    StepwiseCut cut = new StepwiseCut(TARGET, new GlobalThresholdAllocation(), 4);
    double dense = TARGET.cost().applyAsLong(TARGET.full());
    Random random = new Random(8);
    double[] before = cut.masks();
    for (int part = 1; part <= 4; part++) {
      // Scores that change between parts, as those of a network that trains on do.
      cut.cut(Arrays.stream(scores).map(s -> s * (0.5 + random.nextDouble())).toArray());
      double cost = TARGET.cost().applyAsLong(cut.widths());
      assertThat(cost).isLessThanOrEqualTo(dense - (dense - TARGET.limit()) * part / 4 + 1);
      double[] now = cut.masks();
      for (int k = 0; k < now.length; k++) {
        assertThat(now[k]).isLessThanOrEqualTo(before[k]);
      }
      before = now;
    }
    assertThat(cut.left()).isZero();
    for (int g = 0; g < cut.widths().length; g++) {
      assertThat(TARGET.widths()[g]).as("widths stay allowed ones").contains(cut.widths()[g]);
    }
  }

  @Test
  void theRankingEndsWithWhatIsLeft() {
    StepwiseCut cut = new StepwiseCut(TARGET, new UniformAllocation(), 3);
    while (cut.left() > 0) {
      cut.cut(scores);
    }
    List<GroupSensitivity> ranking = cut.ranking(scores);
    for (int g = 0; g < ranking.size(); g++) {
      assertThat(ranking.get(g).kept(cut.widths()[g])).isEqualTo(cut.kept(g));
    }
  }
}
