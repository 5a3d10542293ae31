package io.rspar.kit.service;

import io.quarkus.runtime.StartupEvent;
import io.rspar.kit.event.EventLoop;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends a process whose loop is beyond help, where {@link JobConfig#exitWhenStuck} says so. */
@ApplicationScoped
public class ExitWhenStuck {
  private static final Logger LOG = LoggerFactory.getLogger(ExitWhenStuck.class);

  /** EX_SOFTWARE of BSD's sysexits. */
  private static final int STATUS = 70;

  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final Loops loops;
  private final boolean enabled;

  public ExitWhenStuck(Loops loops, JobConfig jobs) {
    this.loops = loops;
    this.enabled = jobs.exitWhenStuck();
  }

  void start(@Observes StartupEvent event) {
    if (enabled) {
      Thread watch = new Thread(this::watch, "rspar-stuck-watch");
      watch.setDaemon(true);
      watch.start();
    }
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(INTERVAL.toMillis());
        Optional<EventLoop> stuck =
            loops.running().stream().filter(loop -> !loop.healthy()).findFirst();
        if (stuck.isPresent()) {
          LOG.error(
              "{} is stuck and the process ends: {}", stuck.get().name(), stuck.get().describe());
          // Not exit: shutdown would wait for the very job that hangs.
          Runtime.getRuntime().halt(STATUS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
