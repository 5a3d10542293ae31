package io.rspar.kit.service;

import io.rspar.kit.event.JobSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How jobs are run. */
@ConfigMapping(prefix = "rspar.jobs")
public interface JobConfig {

  /** How often a job with a transient failure is tried in all. */
  @WithDefault("6")
  int attempts();

  /** Wait before the second attempt; doubles with each further one: half a minute in all. */
  @WithDefault("PT1S")
  Duration backoff();

  /** How often a record is handed out whose worker process died on it. */
  @WithDefault("5")
  int maxDeliveries();

  /** How long a job may go without a sign of life before the health check gives it up. */
  @WithDefault("PT2H")
  Duration deadline();

  /**
   * Whether the process ends itself (status 70) when the health check has given up, for a
   * supervisor to start it again: a native call that hangs cannot be interrupted. For installations
   * in which nobody asks the health endpoint.
   */
  @WithDefault("false")
  boolean exitWhenStuck();

  /** How long a running job may take to end when the service stops. */
  @WithDefault("PT20S")
  Duration shutdownGrace();

  /** Least time between two progress reports of a job. */
  @WithDefault("PT1S")
  Duration progressInterval();

  /** These values as the plain record that the event package takes. */
  default JobSettings settings() {
    return new JobSettings(
        attempts(), backoff(), maxDeliveries(), deadline(), shutdownGrace(), progressInterval());
  }
}
