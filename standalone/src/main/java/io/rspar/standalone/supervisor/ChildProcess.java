package io.rspar.standalone.supervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * A child process that is started again when it dies, or is killed because it hangs, until it is
 * stopped or has died too often. Its output goes to a log file.
 */
public final class ChildProcess implements AutoCloseable {
  /** The wait before a new start; a child that dies at once must not keep the machine busy. */
  private static final Duration RESTART_PAUSE = Duration.ofSeconds(1);

  private final String name;
  private final List<String> command;
  private final Path folder;
  private final Path log;
  private final int maxRestarts;
  private final Optional<HeartbeatWatch> watch;
  private final IntConsumer onRestart;
  private Process process;
  private int restarts;
  private boolean stopping;

  /**
   * @param folder working directory of the child
   * @param maxRestarts how often it is started again; 0 for never
   * @param onRestart told the exit status of a child that is started again
   */
  public ChildProcess(
      String name,
      List<String> command,
      Path folder,
      Path log,
      int maxRestarts,
      IntConsumer onRestart) {
    this(name, command, folder, log, maxRestarts, Optional.empty(), onRestart);
  }

  /**
   * The same for a child that leaves signs of life.
   *
   * @param watch kills a child that hangs
   */
  ChildProcess(
      String name,
      List<String> command,
      Path folder,
      Path log,
      int maxRestarts,
      Optional<HeartbeatWatch> watch,
      IntConsumer onRestart) {
    this.name = name;
    this.command = List.copyOf(command);
    this.folder = folder;
    this.log = log;
    this.maxRestarts = maxRestarts;
    this.watch = watch;
    this.onRestart = onRestart;
  }

  public synchronized void start() throws IOException {
    Files.createDirectories(log.toAbsolutePath().getParent());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    // Several native thread pools share this machine: idle threads must not spin.
    builder.environment().putIfAbsent("OMP_WAIT_POLICY", "passive");
    if (watch.isPresent()) {
      watch.get().reset();
    }
    process = builder.start();
    watch.ifPresent(w -> w.follow(process));
    process.onExit().thenAccept(this::ended);
  }

  private void ended(Process dead) {
    synchronized (this) {
      if (stopping || dead != process || restarts == maxRestarts) {
        return;
      }
      restarts++;
    }
    onRestart.accept(dead.exitValue());
    try {
      Thread.sleep(RESTART_PAUSE.toMillis());
      synchronized (this) {
        if (!stopping) {
          start();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The executable is gone or the machine is full: nobody would notice another try.
      synchronized (this) {
        restarts = maxRestarts;
      }
    }
  }

  public String name() {
    return name;
  }

  /** Where its output goes. */
  public Path log() {
    return log;
  }

  /** Whether it has ended and will not be started again. */
  public synchronized boolean hasGivenUp() {
    return process != null && !process.isAlive() && (stopping || restarts == maxRestarts);
  }

  /** The process id of the present child. */
  public synchronized long pid() {
    return process.pid();
  }

  /** Asks it to end (SIGTERM). */
  public synchronized void stop() {
    stopping = true;
    if (process != null) {
      process.destroy();
    }
  }

  /** Waits for its end after {@link #stop}; kills it when the time is over. */
  public void awaitEnd(Duration limit) {
    Process ending;
    synchronized (this) {
      ending = process;
    }
    if (ending == null) {
      return;
    }
    try {
      if (!ending.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        ending.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      ending.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stop();
    awaitEnd(Duration.ofSeconds(30));
  }
}
