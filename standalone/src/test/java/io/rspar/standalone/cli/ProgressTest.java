package io.rspar.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.PruningStatus;
import io.rspar.events.Stage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final StringWriter written = new StringWriter();

  @Test
  void aLogGetsOnlyWhatIsNew() {
    Progress progress = new Progress(new PrintWriter(written), false);
    progress.status(status(0.0));
    progress.status(status(0.05));
    progress.status(status(0.5));
    assertThat(written.toString().lines()).hasSize(2).allMatch(l -> l.contains("rating channels"));
    assertThat(written.toString()).doesNotContain("█").doesNotContain("\u001b");
  }

  @Test
  void aTerminalGetsABarThatTheNextLineReplaces() {
    Progress progress = new Progress(new PrintWriter(written), true);
    progress.status(status(0.5));
    assertThat(written.toString()).endsWith("█".repeat(12) + "░".repeat(12) + "  50 %");
    progress.line("stopping");
    assertThat(written.toString()).contains("\r\u001b[K[");
    int before = written.toString().length();
    progress.line("stopped");
    assertThat(written.toString().substring(before)).doesNotContain("\u001b");
  }

  private static PruningStatus status(double share) {
    return PruningStatus.newBuilder()
        .setRequestId("r")
        .setStage(Stage.SENSITIVITY)
        .setProgress(share)
        .setDetail("rating channels")
        .setUpdatedAt(Instant.EPOCH)
        .build();
  }
}
