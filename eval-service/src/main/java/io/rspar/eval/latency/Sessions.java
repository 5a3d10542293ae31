package io.rspar.eval.latency;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * Times of both models (nanoseconds per inference), session by session. Times of one session share
 * what was peculiar to it — where the models lay in memory, what else the machine did — so a
 * session, not a single inference, is what an interval resamples.
 *
 * <p>A session is disturbed if the original's median in it is more than {@value #DISTURBED} times
 * the fastest that is known of it: a neighbour had the core's other thread, or the processor was
 * waking up. Disturbed sessions say little about the models and are left out. Only the original
 * decides about that, so that a pruned model is not flattered.
 */
final class Sessions {
  private static final double DISTURBED = 1.05;

  private static final int RESAMPLES = 1000;

  private record Session(long[] dense, long[] pruned) {
    long denseMedian() {
      return Distribution.of(dense).quantile(0.5);
    }
  }

  private final List<Session> all = new ArrayList<>();
  private List<Session> undisturbed = List.of();
  private long fastest;

  /**
   * @param fastest median of the original that earlier measurements have seen on this device, in
   *     nanoseconds; {@link Long#MAX_VALUE} if there were none
   */
  Sessions(long fastest) {
    this.fastest = fastest;
  }

  /** Adds a session; times of the two models taken in alternation, equally many. */
  void add(long[] dense, long[] pruned) {
    if (dense.length > 0) {
      Session session = new Session(dense, pruned);
      all.add(session);
      fastest = Math.min(fastest, session.denseMedian());
      sort();
    }
  }

  /**
   * If all were disturbed, the device is slower than it was before: then it is compared with itself
   * as it is now.
   */
  void settle() {
    if (undisturbed.isEmpty()) {
      fastest = all.stream().mapToLong(Session::denseMedian).min().orElse(Long.MAX_VALUE);
      sort();
    }
  }

  private void sort() {
    undisturbed = all.stream().filter(s -> s.denseMedian() <= DISTURBED * fastest).toList();
  }

  /** The fastest median of the original that is known (nanoseconds). */
  long fastest() {
    return fastest;
  }

  int undisturbed() {
    return undisturbed.size();
  }

  int disturbed() {
    return all.size() - undisturbed.size();
  }

  Distribution dense() {
    return together(undisturbed, Session::dense);
  }

  Distribution pruned() {
    return together(undisturbed, Session::pruned);
  }

  /** Ratio of the medians over the undisturbed sessions; 1 without any. */
  double ratio() {
    return ratio(undisturbed);
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
          ratio(
              undisturbed.stream()
                  .map(s -> undisturbed.get(random.nextInt(undisturbed.size())))
                  .toList());
    }
    Arrays.sort(ratios);
    return new double[] {ratios[RESAMPLES * 25 / 1000], ratios[RESAMPLES * 975 / 1000 - 1]};
  }

  private static double ratio(List<Session> sessions) {
    long dense = together(sessions, Session::dense).quantile(0.5);
    return dense == 0 ? 1 : (double) together(sessions, Session::pruned).quantile(0.5) / dense;
  }

  private static Distribution together(List<Session> sessions, Function<Session, long[]> times) {
    return Distribution.of(sessions.stream().map(times).flatMapToLong(Arrays::stream).toArray());
  }
}
