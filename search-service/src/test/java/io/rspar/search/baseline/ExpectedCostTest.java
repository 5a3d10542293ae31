package io.rspar.search.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.search.allocation.AllocationProblem;
import java.util.Arrays;
import java.util.Random;
import java.util.function.ToLongFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpectedCostTest {
  private static final int[] FULL = Demo.subject(0.5).target().full();

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void wholeWidthsCostWhatIsCounted(boolean macs) {
    ToLongFunction<int[]> counted = macs ? Demo.COST::macs : Demo.COST::parameters;
    ExpectedCost cost = new ExpectedCost(counted, FULL);
    Random random = new Random(3);
    for (int i = 0; i < 20; i++) {
      int[] widths = Arrays.stream(FULL).map(w -> 1 + random.nextInt(w)).toArray();
      double exact = counted.applyAsLong(widths);
      assertThat(cost.of(Arrays.stream(widths).asDoubleStream().toArray()))
          .as(Arrays.toString(widths))
          .isCloseTo(exact, within(1e-6 * exact));
    }
  }

  @ParameterizedTest
  @EnumSource(CostPenalty.Form.class)
  void thePenaltysSlopesAreItsDifferences(CostPenalty.Form form) {
    AllocationProblem problem = Demo.subject(0.5).target();
    CostPenalty penalty = new CostPenalty(form, 3, problem);
    double[] widths = Arrays.stream(FULL).mapToDouble(w -> 0.9 * w).toArray();
    double[] slopes = penalty.slopes(widths);
    double step = 1e-3;
    for (int g = 0; g < widths.length; g++) {
      double[] moved = widths.clone();
      moved[g] += step;
      double up = penalty.of(moved);
      moved[g] -= 2 * step;
      double down = penalty.of(moved);
      assertThat(slopes[g]).isPositive().isCloseTo((up - down) / (2 * step), within(1e-6));
    }
    double[] cheap = Arrays.stream(FULL).mapToDouble(w -> 0.6 * w).toArray();
    assertThat(penalty.ratio(cheap)).isLessThan(1);
    assertThat(penalty.of(cheap)).isZero();
    assertThat(penalty.slopes(cheap)).containsOnly(0);
  }
}
