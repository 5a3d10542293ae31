package io.rspar.kit.artifact;

import io.rspar.events.ArtifactRef;
import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What all stores do alike: name content by its checksum, verify it on every read, admit what users
 * name and export what they get. A store adds where content is kept.
 */
abstract class ContentStore implements ArtifactStore {
  private static final Pattern STORED = Pattern.compile("rspar:sha256/([0-9a-f]{64})");
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9._-]{1,128}");
  private static final String ZIP = "application/zip";

  private final Path temporaries;
  private final long maxBytes;
  private final Map<String, UserStorage> users;

  /**
   * @param temporaries folder for files on their way in; on the file system of the store's files
   * @param maxBytes largest artifact that {@link #admit} takes (bytes)
   * @param users where inputs and results of users may lie, by URI scheme
   */
  ContentStore(Path temporaries, long maxBytes, Map<String, UserStorage> users) {
    this.temporaries = temporaries;
    this.maxBytes = maxBytes;
    this.users = Map.copyOf(users);
  }

  /** Keeps a temporary file's content; the file may be moved away. */
  abstract void keep(Path temporary, Digest digest, String mediaType) throws IOException;

  /**
   * A local file with the content of this checksum, not verified.
   *
   * @throws NoSuchFileException if the store has none
   */
  abstract Path locate(String sha256) throws IOException;

  /** Drops a damaged local copy; true if {@link #locate} can bring another. */
  abstract boolean discard(Path damaged) throws IOException;

  /** The folder below which {@link #resultsDirectory} lies, ending with a slash. */
  abstract URI root();

  @Override
  public final ArtifactRef put(Path file, String mediaType) {
    return put(out -> Files.copy(file, out), mediaType);
  }

  @Override
  public final ArtifactRef put(byte[] content, String mediaType) {
    return put(out -> out.write(content), mediaType);
  }

  @Override
  public final ArtifactRef put(Content content, String mediaType) {
    Path temporary = newTemporaryFile();
    try {
      return keep(temporary, mediaType, Digest.write(content, temporary));
    } catch (IOException e) {
      throw storing(e);
    } finally {
      LocalFiles.deleteQuietly(temporary);
    }
  }

  private ArtifactRef keep(Path temporary, String mediaType, Digest digest) throws IOException {
    keep(temporary, digest, mediaType);
    return new ArtifactRef(
        "rspar:sha256/" + digest.sha256(), digest.sha256(), digest.sizeBytes(), mediaType);
  }

  @Override
  public final Path fetch(ArtifactRef stored) {
    Matcher uri = STORED.matcher(stored.getUri());
    if (!uri.matches()) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          stored.getUri() + " is not the URI of a stored artifact",
          "publish requests through pruning-requests, where artifacts are admitted");
    }
    String sha256 = uri.group(1);
    try {
      Path file = locate(sha256);
      Digest digest = digestOf(file);
      if (!isOf(stored, sha256, digest) && discard(file)) {
        file = locate(sha256);
        digest = digestOf(file);
      }
      if (!isOf(stored, sha256, digest)) {
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
          "The artifact store %s has no %s".formatted(root(), stored.getUri()),
          "let all services share one artifact store (rspar.artifacts.uri)",
          e);
    } catch (IOException e) {
      throw new WorkException(
          FailureReason.TRANSIENT_IO,
          "Cannot read %s of the artifact store %s: %s"
              .formatted(stored.getUri(), root(), LocalFiles.explain(e)),
          "check that the store can be reached, and its permissions",
          e);
    }
  }

  private static Digest digestOf(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return Digest.of(in);
    }
  }

  private static boolean isOf(ArtifactRef stored, String sha256, Digest digest) {
    return digest.sha256().equals(sha256)
        && (stored.getSizeBytes() == null || stored.getSizeBytes() == digest.sizeBytes());
  }

  @Override
  public final ArtifactRef admit(ArtifactRef fromUser) {
    String uri = fromUser.getUri();
    if (uri.startsWith("rspar:")) {
      Path file = fetch(fromUser);
      try {
        return new ArtifactRef(
            uri, uri.substring(uri.indexOf('/') + 1), Files.size(file), fromUser.getMediaType());
      } catch (IOException e) {
        throw storing(e);
      }
    }
    Path temporary = newTemporaryFile();
    try {
      boolean folder = users(uri).copyTo(temporary, uri, maxBytes);
      Digest digest = digestOf(temporary);
      requireAsStated(fromUser, digest);
      return keep(temporary, folder ? ZIP : fromUser.getMediaType(), digest);
    } catch (IOException e) {
      throw storing(e);
    } finally {
      LocalFiles.deleteQuietly(temporary);
    }
  }

  private UserStorage users(String uri) {
    int colon = uri.indexOf(':');
    UserStorage storage = colon < 0 ? null : users.get(uri.substring(0, colon));
    if (storage == null) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "%s is no URI that this installation reads".formatted(uri),
          "name inputs by URIs of the schemes %s; s3 needs rspar.artifacts.s3"
              .formatted(users.keySet().stream().sorted().toList()));
    }
    return storage;
  }

  private static void requireAsStated(ArtifactRef stated, Digest found) {
    if (stated.getSha256() != null && !stated.getSha256().equals(found.sha256())) {
      throw new WorkException(
          FailureReason.ARTIFACT_CORRUPT,
          "%s has SHA-256 %s, but the request says %s"
              .formatted(stated.getUri(), found.sha256(), stated.getSha256()),
          "correct the checksum in the request, or fetch the file again");
    }
    if (stated.getSizeBytes() != null && stated.getSizeBytes() != found.sizeBytes()) {
      throw new WorkException(
          FailureReason.ARTIFACT_CORRUPT,
          "%s has %d bytes, but the request says %d"
              .formatted(stated.getUri(), found.sizeBytes(), stated.getSizeBytes()),
          "correct the size in the request, or fetch the file again");
    }
  }

  @Override
  public final void export(ArtifactRef stored, URI directory, String name) {
    requirePlain(name);
    Path source = fetch(stored);
    outputs(directory).write(source, directory, name);
  }

  @Override
  public final ArtifactRef exported(URI directory, String name) {
    requirePlain(name);
    Path temporary = newTemporaryFile();
    try {
      outputs(directory).read(temporary, directory, name);
      return keep(temporary, "application/octet-stream", digestOf(temporary));
    } catch (IOException e) {
      throw storing(e);
    } finally {
      LocalFiles.deleteQuietly(temporary);
    }
  }

  private static void requirePlain(String name) {
    if (!FILE_NAME.matcher(name).matches() || name.startsWith(".")) {
      throw new IllegalArgumentException("Not a plain file name: " + name);
    }
  }

  @Override
  public final void checkWritable(URI directory) {
    outputs(directory).checkWritable(directory);
  }

  private UserStorage outputs(URI directory) {
    UserStorage storage = directory.getScheme() == null ? null : users.get(directory.getScheme());
    if (storage == null) {
      throw new WorkException(
          FailureReason.OUTPUT_NOT_WRITABLE,
          "The output %s is no folder that this installation writes to".formatted(directory),
          "name a folder by a URI of the schemes %s; s3 needs rspar.artifacts.s3"
              .formatted(users.keySet().stream().sorted().toList()));
    }
    return storage;
  }

  @Override
  public final URI resultsDirectory(String requestId) {
    if (!FILE_NAME.matcher(requestId).matches() || requestId.startsWith(".")) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "The request id '%s' cannot name a folder".formatted(requestId),
          "use letters, digits, '.', '_' and '-', beginning with no dot, at most 64");
    }
    return root().resolve("results/" + requestId);
  }

  /** A name for a file on its way in. */
  final Path newTemporaryFile() {
    try {
      Files.createDirectories(temporaries);
      return temporaries.resolve(UUID.randomUUID().toString());
    } catch (IOException e) {
      throw storing(e);
    }
  }

  private WorkException storing(IOException e) {
    return new WorkException(
        FailureReason.TRANSIENT_IO,
        "Cannot write to the artifact store %s: %s".formatted(root(), LocalFiles.explain(e)),
        "check its space and permissions, and that it can be reached",
        e);
  }
}
