package io.rspar.standalone.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Kills a process that hangs as a whole, stopped or starved: its {@link Heartbeat} stays as it is.
 * Before the first beat it is left alone.
 *
 * @param file that the process writes again and again
 * @param patience how long it may stay as it is
 */
record HeartbeatWatch(Path file, Duration patience) {
  private static final Duration TICK = Duration.ofMillis(500);

  /** Forgets the beats of an earlier process. */
  void reset() throws IOException {
    Files.deleteIfExists(file);
  }

  /** Follows a process until its end. */
  void follow(Process process) {
    Thread thread = new Thread(() -> watch(process), "rspar-heartbeat-watch");
    thread.setDaemon(true);
    thread.start();
  }

  private void watch(Process process) {
    try {
      String last = "";
      // In ticks of one's own: where this machine sleeps, so does the watch.
      long unchanged = 0;
      while (process.isAlive()) {
        Thread.sleep(TICK.toMillis());
        String now = read();
        unchanged = now.equals(last) ? unchanged + 1 : 0;
        last = now;
        if (!last.isEmpty() && TICK.multipliedBy(unchanged).compareTo(patience) > 0) {
          process.destroyForcibly();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String read() {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
