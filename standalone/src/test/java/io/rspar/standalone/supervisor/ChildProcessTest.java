package io.rspar.standalone.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 4, unit = TimeUnit.MINUTES)
class ChildProcessTest {
  /** What a process gets from SIGKILL, as a shell counts it. */
  private static final int KILLED = 128 + 9;

  @TempDir Path folder;

  private ChildProcess child(String script, int maxRestarts, BlockingQueue<Integer> ends) {
    return new ChildProcess(
        "child",
        List.of("sh", "-c", script),
        folder,
        folder.resolve("log"),
        maxRestarts,
        Optional.of(new HeartbeatWatch(folder.resolve("heartbeat"), Duration.ofSeconds(2))),
        ends::add);
  }

  @Test
  void aChildThatHangsIsKilledAndStartedAgain() throws Exception {
    BlockingQueue<Integer> ends = new LinkedBlockingQueue<>();
    String script = "i=0; while :; do i=$((i+1)); echo $i > heartbeat; sleep 0.2; done";
    try (ChildProcess child = child(script, 1000, ends)) {
      child.start();
      awaitBeat();
      long hanging = child.pid();
      signal("STOP", hanging);
      assertThat(ends.poll(2, TimeUnit.MINUTES)).isEqualTo(KILLED);
      while (child.pid() == hanging) {
        Thread.sleep(50);
      }
      awaitBeat();
    }
  }

  @Test
  void aChildThatDiesTooOftenIsGivenUp() throws Exception {
    BlockingQueue<Integer> ends = new LinkedBlockingQueue<>();
    try (ChildProcess child = child("exit 3", 1, ends)) {
      child.start();
      assertThat(ends.poll(2, TimeUnit.MINUTES)).isEqualTo(3);
      while (!child.hasGivenUp()) {
        Thread.sleep(50);
      }
    }
    assertThat(ends).isEmpty();
  }

  private void awaitBeat() throws Exception {
    while (!Files.exists(folder.resolve("heartbeat"))) {
      Thread.sleep(50);
    }
  }

  private static void signal(String name, long pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor())
        .isZero();
  }
}
