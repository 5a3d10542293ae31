package io.rspar.kit.artifact;

import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Files and folders that the service's machine can reach: {@code file:} URIs. */
final class UserFiles implements UserStorage {
  private final List<Path> allowedRoots;
  private final Optional<Path> ownResults;

  /**
   * @param allowedRoots where inputs and results may lie; empty means anywhere
   * @param ownResults where results may lie in any case: below the store itself
   */
  UserFiles(List<Path> allowedRoots, Optional<Path> ownResults) {
    this.allowedRoots = List.copyOf(allowedRoots);
    this.ownResults = ownResults;
  }

  @Override
  public boolean copyTo(Path target, String uri, long maxBytes) {
    Path path = UserFile.resolve(uri, allowedRoots);
    try {
      if (Files.isDirectory(path)) {
        DirectoryArchive.write(path, target, maxBytes, allowedRoots);
        return true;
      }
      try (InputStream in = Files.newInputStream(path)) {
        Digest.copy(in, target, maxBytes);
        return false;
      }
    } catch (TooLargeException e) {
      throw UserFile.tooLarge(path.toString(), maxBytes);
    } catch (IOException e) {
      throw UserFile.unreadable(path, e);
    }
  }

  @Override
  public void write(Path source, URI directory, String name) {
    Path folder = outputFolder(directory);
    Path temporary = folder.resolve("." + name + "." + UUID.randomUUID());
    try {
      Files.createDirectories(folder);
      Files.copy(source, temporary);
      LocalFiles.rename(temporary, folder.resolve(name));
    } catch (IOException e) {
      LocalFiles.deleteQuietly(temporary);
      throw notWritable(folder, e);
    }
  }

  @Override
  public void read(Path target, URI directory, String name) {
    Path file = outputFolder(directory).resolve(name);
    try {
      Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
    } catch (NoSuchFileException e) {
      throw new WorkException(
          FailureReason.ARTIFACT_MISSING, file + " does not exist", "look into its folder", e);
    } catch (IOException e) {
      throw UserFile.unreadable(file, e);
    }
  }

  @Override
  public void checkWritable(URI directory) {
    Path folder = outputFolder(directory);
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, ".rspar-check", ""));
    } catch (IOException e) {
      throw notWritable(folder, e);
    }
  }

  private Path outputFolder(URI directory) {
    Path folder;
    try {
      folder = Path.of(directory).toAbsolutePath().normalize();
    } catch (RuntimeException e) {
      throw new WorkException(
          FailureReason.OUTPUT_NOT_WRITABLE,
          "The output %s is no folder of this machine".formatted(directory),
          "name a file: URI of a folder",
          e);
    }
    try {
      requireAllowed(folder);
    } catch (IOException e) {
      throw notWritable(folder, e);
    }
    return folder;
  }

  /** Judges the nearest folder that exists, with its links followed: what is missing is created. */
  private void requireAllowed(Path folder) throws IOException {
    if (allowedRoots.isEmpty() || ownResults.filter(folder::startsWith).isPresent()) {
      return;
    }
    Path existing = folder;
    while (!Files.exists(existing)) {
      existing = existing.getParent();
    }
    Path real = existing.toRealPath();
    for (Path root : allowedRoots) {
      if (Files.exists(root) && real.startsWith(root.toRealPath())) {
        return;
      }
    }
    throw new WorkException(
        FailureReason.OUTPUT_NOT_WRITABLE,
        "The output folder %s lies outside the folders that requests may name".formatted(folder),
        "name one below " + allowedRoots + " (rspar.artifacts.allowed-roots)");
  }

  private static WorkException notWritable(Path folder, IOException e) {
    return new WorkException(
        FailureReason.OUTPUT_NOT_WRITABLE,
        "Cannot write to the output folder %s: %s".formatted(folder, LocalFiles.explain(e)),
        "create it, or name one that the service may write to",
        e);
  }
}
