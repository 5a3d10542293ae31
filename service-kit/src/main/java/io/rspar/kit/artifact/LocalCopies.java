package io.rspar.kit.artifact;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Local copies of remote artifacts, within bounds: when there are too many, those go first that
 * were wanted longest ago.
 */
final class LocalCopies {
  /** A job reads its inputs for about as long; what it was handed stays. */
  private static final Duration IN_USE = Duration.ofHours(2);

  private final Path root;
  private final LocalFiles files;
  private final long maxBytes;

  /**
   * @param maxBytes of all copies together, as long as they are not in use (bytes)
   */
  LocalCopies(Path root, long maxBytes) {
    this.root = root.toAbsolutePath().normalize();
    this.files = new LocalFiles(this.root);
    this.maxBytes = maxBytes;
  }

  Path temporaries() {
    return root.resolve("tmp");
  }

  Path wanted(String sha256) throws NoSuchFileException {
    return files.wanted(sha256);
  }

  synchronized void adopt(Path temporary, String sha256) throws IOException {
    files.adopt(temporary, sha256);
    makeRoom(Instant.now().minus(IN_USE));
  }

  private record Copy(Path file, long bytes, Instant wanted) {}

  private void makeRoom(Instant inUseSince) throws IOException {
    List<Copy> all = copies();
    long total = all.stream().mapToLong(Copy::bytes).sum();
    for (Copy copy : all) {
      if (total <= maxBytes || copy.wanted().isAfter(inUseSince)) {
        return;
      }
      LocalFiles.deleteQuietly(copy.file());
      total -= copy.bytes();
    }
  }

  /** Longest unwanted first. */
  private List<Copy> copies() throws IOException {
    try (Stream<Path> walk = Files.walk(root.resolve("sha256"))) {
      return walk.filter(Files::isRegularFile)
          .map(LocalCopies::describe)
          .sorted(Comparator.comparing(Copy::wanted))
          .toList();
    }
  }

  private static Copy describe(Path file) {
    try {
      return new Copy(file, Files.size(file), Files.getLastModifiedTime(file).toInstant());
    } catch (IOException e) {
      // Another process on this machine was faster.
      return new Copy(file, 0, Instant.EPOCH);
    }
  }
}
