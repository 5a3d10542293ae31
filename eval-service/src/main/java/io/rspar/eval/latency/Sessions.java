package io.rspar.eval.latency;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Times of both models (nanoseconds per inference), session by session. Times of one session share
 * what was peculiar to it — where the models lay in memory, what else the machine did — so a
 * session, not a single inference, is what an interval resamples.
 */
final class Sessions {
  private static final int RESAMPLES = 1000;

  private record Session(long[] dense, long[] pruned) {}

  private final List<Session> sessions = new ArrayList<>();

  /** Adds a session; times of the two models taken in alternation, equally many. */
  void add(long[] dense, long[] pruned) {
    if (dense.length > 0) {
      sessions.add(new Session(dense, pruned));
    }
  }

  Distribution dense() {
    return dense(sessions);
  }

  Distribution pruned() {
    return pruned(sessions);
  }

  /** Ratio of the medians over all sessions; 1 without any. */
  double ratio() {
    return ratio(sessions);
  }

  /**
   * Ends of the 95 % interval of the ratio of medians, by the percentile bootstrap over whole
   * sessions (the cluster bootstrap: Davison and Hinkley, Bootstrap Methods and their Application,
   * 1997, section 3.8).
   */
  double[] interval() {
    Random random = new Random(0);
    double[] ratios = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      ratios[i] =
          ratio(sessions.stream().map(s -> sessions.get(random.nextInt(sessions.size()))).toList());
    }
    Arrays.sort(ratios);
    return new double[] {ratios[RESAMPLES * 25 / 1000], ratios[RESAMPLES * 975 / 1000 - 1]};
  }

  private static double ratio(List<Session> sessions) {
    long dense = dense(sessions).quantile(0.5);
    return dense == 0 ? 1 : (double) pruned(sessions).quantile(0.5) / dense;
  }

  private static Distribution dense(List<Session> sessions) {
    return Distribution.of(
        sessions.stream().flatMapToLong(s -> Arrays.stream(s.dense())).toArray());
  }

  private static Distribution pruned(List<Session> sessions) {
    return Distribution.of(
        sessions.stream().flatMapToLong(s -> Arrays.stream(s.pruned())).toArray());
  }
}
