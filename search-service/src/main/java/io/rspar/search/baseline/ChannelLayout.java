package io.rspar.search.baseline;

import java.util.Arrays;

/** All channels of all groups in one row, group after group. */
final class ChannelLayout {
  private final int[] first;

  /**
   * @param widths of the groups
   */
  ChannelLayout(int[] widths) {
    first = new int[widths.length + 1];
    for (int g = 0; g < widths.length; g++) {
      first[g + 1] = first[g] + widths[g];
    }
  }

  int groups() {
    return first.length - 1;
  }

  /** Channels of all groups. */
  int channels() {
    return first[groups()];
  }

  int width(int group) {
    return first[group + 1] - first[group];
  }

  /** Place of a channel. */
  int place(int group, int channel) {
    return first[group] + channel;
  }

  /** A group's part. */
  double[] of(double[] row, int group) {
    return Arrays.copyOfRange(row, first[group], first[group + 1]);
  }

  /** Sums over the groups: expected widths, for factors. */
  double[] sums(double[] row) {
    double[] sums = new double[groups()];
    Arrays.setAll(sums, g -> Arrays.stream(of(row, g)).sum());
    return sums;
  }

  /** One number per group, for each of its channels. */
  double[] spread(double[] perGroup) {
    double[] row = new double[channels()];
    for (int g = 0; g < groups(); g++) {
      Arrays.fill(row, first[g], first[g + 1], perGroup[g]);
    }
    return row;
  }
}
