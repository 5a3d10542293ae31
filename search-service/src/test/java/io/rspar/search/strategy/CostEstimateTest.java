package io.rspar.search.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.search.allocation.SearchSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Two layers whose kernels compute whole blocks of 16 channels. */
class CostEstimateTest {
  private static final double LIMIT = 0.5;

  private final SearchSpace space = space();

  private static SearchSpace space() {
    SearchSpace toy = new ToyNetwork(1, 2, 64, 0).space();
    return new SearchSpace(
        toy.groups(),
        toy.widths(),
        true,
        toy.features(),
        kept -> macs(kept, 1),
        kept -> macs(kept, 1),
        new SearchSpace.Work(
            kept -> 100L * (kept[0] + kept[1]),
            kept -> macs(kept, 16),
            kept -> 100L * (unfilled(kept[0]) + unfilled(kept[1]))));
  }

  private static long macs(int[] kept, int block) {
    return 3000L * blocks(kept[0], block) + 9L * blocks(kept[0], block) * blocks(kept[1], block);
  }

  private static int blocks(int width, int block) {
    return (width + block - 1) / block * block;
  }

  private static int unfilled(int width) {
    return width % 16 == 0 ? 0 : width;
  }

  private double latency(int[] kept) {
    double dense = macs(space.full(), 16);
    return 0.05 + 0.15 * (kept[0] + kept[1]) / 128 + 0.8 * macs(kept, 16) / dense;
  }

  @Test
  void stepsOfWholeBlocksAreLearnedFromADozenCandidates() {
    Random random = new Random(3);
    List<Measured> measured = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      int[] widths = {2 * (1 + random.nextInt(32)), 2 * (1 + random.nextInt(32))};
      measured.add(measured(i, widths));
    }
    CostEstimate estimate = CostEstimate.of(space, measured, Measured::latencyRatio, LIMIT);

    for (int[] widths : new int[][] {{32, 32}, {32, 30}, {32, 48}, {30, 40}}) {
      assertThat(estimate.ratio(widths)).isCloseTo(latency(widths), within(0.03));
    }
    double step = estimate.ratio(new int[] {34, 32}) - estimate.ratio(new int[] {32, 32});
    assertThat(step).as("a new block").isGreaterThan(0.1);
    double within = estimate.ratio(new int[] {36, 32}) - estimate.ratio(new int[] {34, 32});
    assertThat(within).as("in a block").isLessThan(0.02);
  }

  private Measured measured(int index, int[] widths) {
    return new Measured(0, index, widths, 0.9, 0.92, 0.3, 0.2, 1000, latency(widths), 2, 0, 0);
  }
}
