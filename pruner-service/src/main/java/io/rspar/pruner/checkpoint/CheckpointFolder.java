package io.rspar.pruner.checkpoint;

import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import io.rspar.runtime.training.Checkpoints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A folder with one file per training run. A file is replaced by a rename, so a reader never sees
 * part of one. Pruners that share the folder can take over each other's runs.
 */
public final class CheckpointFolder {
  private static final String SUFFIX = ".safetensors";

  private final Path root;

  public CheckpointFolder(Path root) {
    this.root = root;
  }

  /**
   * The checkpoints of one run.
   *
   * @param run everything that tells it from other runs
   */
  public Checkpoints of(String run) {
    Path file = file(run);
    return new Checkpoints() {
      @Override
      public Optional<byte[]> latest() {
        try {
          return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
          return Optional.empty();
        } catch (IOException e) {
          throw unusable("read", file, e);
        }
      }

      @Override
      public void keep(byte[] state) {
        try {
          Files.createDirectories(root);
          Path written = Files.createTempFile(root, "", ".part");
          Files.write(written, state);
          Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
          throw unusable("write", file, e);
        }
      }
    };
  }

  /** Forgets a run that has ended. */
  public void discard(String run) {
    Path file = file(run);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw unusable("delete", file, e);
    }
  }

  private Path file(String run) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(run.getBytes(StandardCharsets.UTF_8));
      return root.resolve(HexFormat.of().formatHex(digest) + SUFFIX);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static WorkException unusable(String verb, Path file, IOException e) {
    return new WorkException(
        FailureReason.TRANSIENT_IO,
        "Cannot %s the checkpoint %s: %s".formatted(verb, file, e),
        "check disk space and permissions of rspar.pruner.checkpoints",
        e);
  }
}
