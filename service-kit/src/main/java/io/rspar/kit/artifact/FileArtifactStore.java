package io.rspar.kit.artifact;

import io.rspar.events.ArtifactRef;
import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Artifacts as files of a folder, {@code <root>/sha256/<first two digits>/<hex>}. A file is written
 * under a temporary name, forced to the disk and renamed, so readers and other writers never see
 * part of one.
 */
public final class FileArtifactStore implements ArtifactStore {
  private static final Pattern STORED = Pattern.compile("rspar:sha256/([0-9a-f]{64})");
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9._-]{1,128}");
  private static final String ZIP = "application/zip";

  private final Path root;
  private final long maxBytes;
  private final List<Path> allowedRoots;

  /**
   * @param maxBytes largest artifact that {@link #admit} takes (bytes)
   * @param allowedRoots folders that {@link #admit} may read from; empty means everything
   */
  public FileArtifactStore(Path root, long maxBytes, List<Path> allowedRoots) {
    this.root = root.toAbsolutePath().normalize();
    this.maxBytes = maxBytes;
    this.allowedRoots = List.copyOf(allowedRoots);
  }

  @Override
  public ArtifactRef put(Path file, String mediaType) {
    try (InputStream in = Files.newInputStream(file)) {
      return store(in, mediaType, Long.MAX_VALUE);
    } catch (IOException e) {
      throw storing(e);
    }
  }

  @Override
  public ArtifactRef put(byte[] content, String mediaType) {
    try (InputStream in = new ByteArrayInputStream(content)) {
      return store(in, mediaType, Long.MAX_VALUE);
    } catch (IOException e) {
      throw storing(e);
    }
  }

  @Override
  public Path fetch(ArtifactRef stored) {
    Matcher uri = STORED.matcher(stored.getUri());
    if (!uri.matches()) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          stored.getUri() + " is not the URI of a stored artifact",
          "publish requests through pruning-requests, where artifacts are admitted");
    }
    String sha256 = uri.group(1);
    Path file = pathOf(sha256);
    try (InputStream in = Files.newInputStream(file)) {
      Digest digest = Digest.of(in);
      if (!digest.sha256().equals(sha256)
          || (stored.getSizeBytes() != null && stored.getSizeBytes() != digest.sizeBytes())) {
        throw new WorkException(
            FailureReason.ARTIFACT_CORRUPT,
            "The stored file %s has checksum %s and %d bytes, not %s and %s"
                .formatted(
                    file, digest.sha256(), digest.sizeBytes(), sha256, stored.getSizeBytes()),
            "delete it and submit the request again: the disk of the artifact store may be failing");
      }
      return file;
    } catch (NoSuchFileException e) {
      throw new WorkException(
          FailureReason.ARTIFACT_MISSING,
          "The artifact store %s has no %s".formatted(root, stored.getUri()),
          "let all services share one artifact store (rspar.artifacts.uri)",
          e);
    } catch (IOException e) {
      throw new WorkException(
          FailureReason.TRANSIENT_IO,
          "Cannot read %s: %s".formatted(file, e.getMessage()),
          "check the artifact store's disk and permissions",
          e);
    }
  }

  @Override
  public ArtifactRef admit(ArtifactRef fromUser) {
    if (fromUser.getUri().startsWith("rspar:")) {
      Path file = fetch(fromUser);
      return describe(file, fromUser.getUri(), fromUser.getMediaType());
    }
    Path path = UserFile.resolve(fromUser.getUri(), allowedRoots);
    ArtifactRef stored;
    if (Files.isDirectory(path)) {
      Path archive = newTemporaryFile();
      try {
        DirectoryArchive.write(path, archive, maxBytes, allowedRoots);
        stored = put(archive, ZIP);
      } catch (IOException e) {
        throw UserFile.unreadable(path, e);
      } finally {
        deleteQuietly(archive);
      }
    } else {
      try (InputStream in = Files.newInputStream(path)) {
        stored = store(in, fromUser.getMediaType(), maxBytes);
      } catch (TooLargeException e) {
        throw UserFile.tooLarge(path, maxBytes);
      } catch (IOException e) {
        throw UserFile.unreadable(path, e);
      }
    }
    requireAsStated(fromUser, stored, path);
    return stored;
  }

  private static void requireAsStated(ArtifactRef stated, ArtifactRef found, Path path) {
    if (stated.getSha256() != null && !stated.getSha256().equals(found.getSha256())) {
      throw new WorkException(
          FailureReason.ARTIFACT_CORRUPT,
          "%s has SHA-256 %s, but the request says %s"
              .formatted(path, found.getSha256(), stated.getSha256()),
          "correct the checksum in the request, or fetch the file again");
    }
    if (stated.getSizeBytes() != null && !stated.getSizeBytes().equals(found.getSizeBytes())) {
      throw new WorkException(
          FailureReason.ARTIFACT_CORRUPT,
          "%s has %d bytes, but the request says %d"
              .formatted(path, found.getSizeBytes(), stated.getSizeBytes()),
          "correct the size in the request, or fetch the file again");
    }
  }

  @Override
  public void export(ArtifactRef stored, URI directory, String name) {
    if (!FILE_NAME.matcher(name).matches() || name.startsWith(".")) {
      throw new IllegalArgumentException("Not a plain file name: " + name);
    }
    Path source = fetch(stored);
    Path folder = outputFolder(directory);
    Path temporary = folder.resolve("." + name + "." + UUID.randomUUID());
    try {
      Files.createDirectories(folder);
      Files.copy(source, temporary);
      rename(temporary, folder.resolve(name));
    } catch (IOException e) {
      deleteQuietly(temporary);
      throw notWritable(folder, e);
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

  @Override
  public URI resultsDirectory(String requestId) {
    if (!FILE_NAME.matcher(requestId).matches() || requestId.startsWith(".")) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "The request id '%s' cannot name a folder".formatted(requestId),
          "use letters, digits, '.', '_' and '-', beginning with no dot, at most 64");
    }
    return root.resolve("results").resolve(requestId).toUri();
  }

  private static Path outputFolder(URI directory) {
    try {
      return Path.of(directory);
    } catch (RuntimeException e) {
      throw new WorkException(
          FailureReason.OUTPUT_NOT_WRITABLE,
          "The output %s is no folder of this machine".formatted(directory),
          "name a file: URI of a folder",
          e);
    }
  }

  private static WorkException notWritable(Path folder, IOException e) {
    return new WorkException(
        FailureReason.OUTPUT_NOT_WRITABLE,
        "Cannot write to the output folder %s: %s".formatted(folder, explain(e)),
        "create it, or name one that the service may write to",
        e);
  }

  private static String explain(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "access denied to " + e.getMessage();
    }
    if (e instanceof FileSystemException fs && fs.getReason() == null) {
      return fs.getClass().getSimpleName().replace("Exception", "") + " " + fs.getFile();
    }
    return e.getMessage();
  }

  private ArtifactRef store(InputStream in, String mediaType, long limit) throws IOException {
    Path temporary = newTemporaryFile();
    try {
      Digest digest = Digest.copy(in, temporary, limit);
      Path target = pathOf(digest.sha256());
      if (!Files.exists(target)) {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
        Files.createDirectories(target.getParent());
        rename(temporary, target);
      }
      return new ArtifactRef(
          "rspar:sha256/" + digest.sha256(), digest.sha256(), digest.sizeBytes(), mediaType);
    } finally {
      deleteQuietly(temporary);
    }
  }

  private ArtifactRef describe(Path file, String uri, String mediaType) {
    try {
      return new ArtifactRef(uri, uri.substring(uri.indexOf('/') + 1), Files.size(file), mediaType);
    } catch (IOException e) {
      throw storing(e);
    }
  }

  private Path newTemporaryFile() {
    Path folder = root.resolve("tmp");
    try {
      Files.createDirectories(folder);
      return folder.resolve(UUID.randomUUID().toString());
    } catch (IOException e) {
      throw storing(e);
    }
  }

  private static void rename(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException("the file system of " + to + " cannot rename atomically", e);
    }
  }

  private Path pathOf(String sha256) {
    return root.resolve("sha256").resolve(sha256.substring(0, 2)).resolve(sha256);
  }

  private WorkException storing(IOException e) {
    return new WorkException(
        FailureReason.TRANSIENT_IO,
        "Cannot write to the artifact store %s: %s".formatted(root, explain(e)),
        "check its disk space and permissions",
        e);
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // A left-over temporary file is no reason to fail.
    }
  }
}
