package io.rspar.standalone.bench;

import java.util.EnumMap;
import java.util.Map;

/**
 * Looks at the stacks of all threads of this process every few milliseconds. Its counts are shares
 * of wall time: a moment is numerical when any thread does numerical work, so what other threads do
 * meanwhile costs no time.
 */
final class ActivitySampler implements AutoCloseable {
  private static final long INTERVAL_MILLIS = 10;

  private final Map<Activity, Long> counts = new EnumMap<>(Activity.class);
  private final Thread thread = new Thread(this::sample, "rspar-activity-sampler");

  /** Starts at once. */
  ActivitySampler() {
    thread.setDaemon(true);
    thread.start();
  }

  private void sample() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        counts.merge(Activity.of(Thread.getAllStackTraces().values()), 1L, Long::sum);
        Thread.sleep(INTERVAL_MILLIS);
      }
    } catch (InterruptedException e) {
      // The end.
    }
  }

  /** Moments seen of each activity; to be asked after the end. */
  Map<Activity, Long> counts() {
    return counts;
  }

  @Override
  public void close() throws InterruptedException {
    thread.interrupt();
    thread.join();
  }
}
