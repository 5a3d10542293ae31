package io.rspar.graph.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.surgery.WidthPolicy.Rounding;
import io.rspar.graph.testing.Networks;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WidthPolicyTest {
  private static ChannelGroup group(int width) {
    return new ChannelGroup("g", width, List.of(), List.of());
  }

  @ParameterizedTest
  @CsvSource({
    // multiple, rounding, least, max ratio, width, wanted, kept
    "8, NEAREST, 8, 0.9, 64, 35, 32",
    "8, NEAREST, 8, 0.9, 64, 36, 40",
    "8, NEAREST, 8, 0.9, 64, 1, 8",
    "8, UP, 8, 0.9, 64, 33, 40",
    "8, UP, 8, 0.9, 64, 32, 32",
    "8, UP, 1, 1.0, 64, 0, 8",
    "8, NEAREST, 1, 1.0, 64, 0, 8",
    // Never below the least that the ratio allows, even if that is no multiple.
    "8, NEAREST, 1, 0.7, 64, 1, 24",
    "8, NEAREST, 1, 0.5, 40, 1, 24",
    // A group narrower than the multiple stays whole.
    "8, NEAREST, 1, 0.9, 6, 2, 6",
    "8, NEAREST, 16, 0.9, 12, 2, 12",
    // A width that is no multiple itself is reached only as a whole.
    "8, UP, 1, 0.9, 20, 18, 20",
    "8, NEAREST, 1, 0.9, 20, 18, 16",
    "1, NEAREST, 1, 1.0, 10, 0, 1",
    "1, NEAREST, 1, 1.0, 80, 24.000000000000004, 24",
    "1, UP, 1, 1.0, 80, 24.000000000000004, 24",
    "8, NEAREST, 8, 0.0, 64, 8, 64",
  })
  void widthsAreRounded(
      int multiple,
      Rounding rounding,
      int minChannels,
      double maxRatio,
      int width,
      double wanted,
      int kept) {
    WidthPolicy policy = new WidthPolicy(multiple, rounding, minChannels, maxRatio);

    assertThat(policy.round(group(width), wanted)).isEqualTo(kept);
  }

  @Test
  void theMultipleCountsIndicesOfTheTensorNotChannels() {
    ChannelGroup heads = DependencyGraph.of(Networks.attention()).group("qkv");
    WidthPolicy policy = new WidthPolicy(4, Rounding.NEAREST, 1, 1.0);

    // A head has 3 × 4 rows of the fused weight, so that any number of heads is a multiple of 4.
    assertThat(policy.round(heads, 1)).isEqualTo(1);
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> new WidthPolicy(0, Rounding.UP, 1, 0.5))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new WidthPolicy(8, Rounding.UP, 1, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
