package io.rspar.standalone.supervisor;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * In a service process that a command line started: writes a file again and again, for {@link
 * HeartbeatWatch} to see. It tells a process that runs from one that hangs as a whole; what hangs
 * within one, the process notices by itself.
 */
@ApplicationScoped
public class Heartbeat {
  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final Optional<Path> file;

  public Heartbeat(@ConfigProperty(name = "rspar.heartbeat-file") Optional<Path> file) {
    this.file = file;
  }

  void start(@Observes StartupEvent event) {
    if (file.isPresent()) {
      Thread thread = new Thread(() -> beat(file.get()), "rspar-heartbeat");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private static void beat(Path file) {
    try {
      for (long beat = 0; ; beat++) {
        Files.writeString(file, Long.toString(beat));
        Thread.sleep(INTERVAL.toMillis());
      }
    } catch (IOException e) {
      LOG.warn("No sign of life can be left in {}: {}", file, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
