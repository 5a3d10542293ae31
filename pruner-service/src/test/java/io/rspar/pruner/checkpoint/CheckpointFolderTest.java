package io.rspar.pruner.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.runtime.training.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFolderTest {
  @TempDir Path temp;

  @Test
  void aRunFindsItsLatestStateAndNoOther() {
    CheckpointFolder folder = new CheckpointFolder(temp.resolve("not there yet"));
    Checkpoints first = folder.of("first");
    assertThat(first.latest()).isEmpty();
    first.keep(new byte[] {1});
    first.keep(new byte[] {2, 3});
    folder.of("second").keep(new byte[] {4});

    CheckpointFolder afterRestart = new CheckpointFolder(temp.resolve("not there yet"));
    assertThat(afterRestart.of("first").latest()).hasValue(new byte[] {2, 3});
    assertThat(afterRestart.of("second").latest()).hasValue(new byte[] {4});
  }

  @Test
  void anEndedRunLeavesNothing() throws IOException {
    CheckpointFolder folder = new CheckpointFolder(temp);
    folder.of("run").keep(new byte[] {1});
    folder.discard("run");
    folder.discard("never kept");
    assertThat(folder.of("run").latest()).isEmpty();
    try (Stream<Path> files = Files.list(temp)) {
      assertThat(files).isEmpty();
    }
  }
}
