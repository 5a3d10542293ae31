package io.rspar.search.allocation;

import io.rspar.kit.sensitivity.GroupSensitivity;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Which channels of a ranked group stay when it is cut to a width. */
public enum ChannelChoice {
  /** Those that go last. */
  BEST {
    @Override
    public int[] kept(GroupSensitivity group, int width) {
      return group.kept(width);
    }
  },
  /**
   * Channels spread evenly over the ranking: of {@code n} ranked ones those in the middle of {@code
   * width} equal parts.
   */
  EVENLY_SPREAD {
    @Override
    public int[] kept(GroupSensitivity group, int width) {
      int[] order = group.removalOrder();
      int[] kept =
          IntStream.range(0, width)
              .map(i -> order[(2 * i + 1) * order.length / (2 * width)])
              .toArray();
      Arrays.sort(kept);
      return kept;
    }
  };

  /** The channels that stay, ascending. */
  public abstract int[] kept(GroupSensitivity group, int width);
}
