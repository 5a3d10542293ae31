package io.rspar.kit.event;

import java.time.Duration;

/**
 * How jobs are run.
 *
 * @param attempts how often a job with a transient failure is tried in all
 * @param backoff wait before the second attempt; doubles with each further one. Meanwhile the
 *     worker goes on with other partitions
 * @param maxDeliveries how often a record is handed out whose worker process died on it, before it
 *     counts as failed
 * @param deadline how long a job may go without a sign of life before the health check gives it up
 * @param shutdownGrace how long a running job may take to end when the service stops
 * @param progressInterval least time between two progress reports of a job
 */
public record JobSettings(
    int attempts,
    Duration backoff,
    int maxDeliveries,
    Duration deadline,
    Duration shutdownGrace,
    Duration progressInterval) {
  public JobSettings {
    if (attempts < 1 || maxDeliveries < 1) {
      throw new IllegalArgumentException(
          "attempts and maxDeliveries must be at least 1: %d, %d"
              .formatted(attempts, maxDeliveries));
    }
  }

  public static final JobSettings DEFAULT =
      new JobSettings(
          6,
          Duration.ofSeconds(1),
          5,
          Duration.ofHours(2),
          Duration.ofSeconds(20),
          Duration.ofSeconds(1));
}
