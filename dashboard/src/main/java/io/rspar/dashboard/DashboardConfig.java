package io.rspar.dashboard;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** What the dashboard shows and lets its users do. */
@ConfigMapping(prefix = "rspar.dashboard")
public interface DashboardConfig {

  /** Whether it is served at all: an application that embeds it says no by default. */
  @WithDefault("true")
  boolean enabled();

  /**
   * What a browser has to know to submit, cancel or re-drive. Without it only a dashboard that
   * listens on this machine's own interface lets anybody change something.
   */
  Optional<String> token();

  /** Folder that relative paths in submitted requests start from. */
  @WithDefault(".")
  Path requestsFolder();

  /** Requests that are remembered; the oldest that have ended go first. */
  @WithDefault("2000")
  int maxRequests();

  /** Least time between two looks at the consumer groups. */
  @WithDefault("PT3S")
  Duration probeInterval();
}
