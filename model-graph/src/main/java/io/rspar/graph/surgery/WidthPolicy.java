package io.rspar.graph.surgery;

import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;

/**
 * How many channels of a group may stay: hardware runs fast at multiples of its vector width, and a
 * layer must not vanish. Rounding never goes below the wanted width by more than half a multiple,
 * and never to zero.
 *
 * @param multiple channels of the tensor are kept in multiples of this; 1 = any number
 * @param rounding where a wanted width goes that is no multiple
 * @param minChannels least number of channels of a group that stay
 * @param maxRatio largest part of a group that may go, 0 to 1
 */
public record WidthPolicy(int multiple, Rounding rounding, int minChannels, double maxRatio) {
  /** Multiples of 8 (one AVX register of float32), at least 8, at most 90 % removed. */
  public static final WidthPolicy DEFAULT = new WidthPolicy(8, Rounding.NEAREST, 8, 0.9);

  /** Any number of channels. */
  public static final WidthPolicy FREE = new WidthPolicy(1, Rounding.NEAREST, 1, 1.0);

  /** Where a width goes that is no multiple. */
  public enum Rounding {
    /** To the nearest multiple, upwards from the middle. */
    NEAREST,
    /** To the next higher multiple. */
    UP
  }

  public WidthPolicy {
    if (multiple < 1 || minChannels < 1 || !(maxRatio >= 0 && maxRatio <= 1)) {
      throw new IllegalArgumentException(
          "multiple and minChannels must be at least 1 and maxRatio between 0 and 1, not "
              + multiple
              + ", "
              + minChannels
              + ", "
              + maxRatio);
    }
  }

  /**
   * The width to keep.
   *
   * @param wanted number of channels that the caller would keep, need not be whole
   * @return between 1 and the group's width; the whole group if it is narrower than the least
   */
  public int round(ChannelGroup group, double wanted) {
    int width = group.width();
    int step = step(group);
    double least = Math.max(minChannels, width * (1 - maxRatio));
    double steps = Math.max(wanted, least) / step;
    // Guards against 0.3 * 80 = 24.000000000000004.
    double tolerance = 1e-9;
    long rounded =
        rounding == Rounding.UP
            ? (long) Math.ceil(steps - tolerance)
            : (long) Math.floor(steps + 0.5 + tolerance);
    if (rounded * step < least - tolerance) {
      rounded++;
    }
    return (int) Math.min(width, Math.max(1, rounded) * step);
  }

  /** Channels per multiple: one channel may stand for several indices, a head for instance. */
  private int step(ChannelGroup group) {
    int block =
        group.members(Role.PRODUCER).stream()
            .mapToInt((Member member) -> member.indices()[0].length)
            .min()
            .orElse(1);
    return multiple / gcd(multiple, block);
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
