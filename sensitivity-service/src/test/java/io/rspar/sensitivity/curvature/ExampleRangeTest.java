package io.rspar.sensitivity.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExampleRangeTest {
  @ParameterizedTest
  @CsvSource({"1, 64, 16", "3, 64, 16", "4, 64, 16", "3, 61, 16", "24, 1024, 32", "7, 50, 7"})
  void shardsAreWholeBatchesThatTogetherAreAllExamples(int shards, int samples, int batchSize) {
    ExampleRange all = ExampleRange.first(0);
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (int shard = 0; shard < shards; shard++) {
      ExampleRange range = ExampleRange.ofShard(shard, shards, samples, batchSize);
      assertThat(range.from() % batchSize).isZero();
      all = all.with(range);
      int batches = (range.size() + batchSize - 1) / batchSize;
      least = Math.min(least, batches);
      most = Math.max(most, batches);
    }
    assertThat(all).isEqualTo(ExampleRange.first(samples));
    assertThat(least).isPositive();
    assertThat(most - least).as("the work is shared evenly").isLessThanOrEqualTo(1);
  }

  @Test
  void aGapIsNoRange() {
    assertThatThrownBy(() -> new ExampleRange(0, 4).with(new ExampleRange(5, 9)))
        .hasMessageContaining("examples 0 to 4")
        .hasMessageContaining("examples 5 to 9");
  }
}
