package io.rspar.eval.latency;

import java.util.Arrays;

/**
 * Order statistics of measured times.
 *
 * @param sortedNanos measured times in nanoseconds, ascending
 */
record Distribution(long[] sortedNanos) {

  static Distribution of(long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return new Distribution(sorted);
  }

  /**
   * The quantile by the nearest-rank method: the smallest value that at least a share {@code p} of
   * all does not exceed.
   *
   * @param p 0 to 1
   */
  long quantile(double p) {
    if (sortedNanos.length == 0) {
      return 0;
    }
    int rank = (int) Math.ceil(p * sortedNanos.length);
    return sortedNanos[Math.min(sortedNanos.length, Math.max(1, rank)) - 1];
  }

  double mean() {
    return Arrays.stream(sortedNanos).average().orElse(0);
  }

  /** Sample standard deviation. */
  double std() {
    double mean = mean();
    double squares = Arrays.stream(sortedNanos).mapToDouble(x -> (x - mean) * (x - mean)).sum();
    return sortedNanos.length < 2 ? 0 : Math.sqrt(squares / (sortedNanos.length - 1));
  }

  int samples() {
    return sortedNanos.length;
  }
}
