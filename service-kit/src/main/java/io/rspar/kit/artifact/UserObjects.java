package io.rspar.kit.artifact;

import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Objects that the service's credentials can reach: {@code s3://bucket/key}; with a slash at its
 * end a key names a folder.
 */
final class UserObjects implements UserStorage {
  /** A data set of more images is better one archive. */
  private static final int MAX_FOLDER_OBJECTS = 1_000_000;

  private final S3Objects objects;
  private final List<S3Location> allowedRoots;
  private final boolean restricted;
  private final List<S3Location> ownResults;

  /**
   * @param restricted whether inputs and results may lie in the allowed roots only
   * @param ownResults where results may lie in any case: below the store itself
   */
  UserObjects(
      S3Objects objects,
      boolean restricted,
      List<S3Location> allowedRoots,
      List<S3Location> ownResults) {
    this.objects = objects;
    this.restricted = restricted;
    this.allowedRoots = List.copyOf(allowedRoots);
    this.ownResults = List.copyOf(ownResults);
  }

  @Override
  public boolean copyTo(Path target, String uri, long maxBytes) {
    S3Location location = S3Location.parse(uri);
    if (restricted && allowedRoots.stream().noneMatch(location::isIn)) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          location + " lies outside the folders that requests may name",
          "put it into one of %s (rspar.artifacts.allowed-roots)".formatted(allowedRoots));
    }
    return reading(
        location,
        maxBytes,
        () -> {
          if (location.isFolder()) {
            archive(location, target, maxBytes);
          } else {
            objects.download(location, target, maxBytes);
          }
          return location.isFolder();
        });
  }

  /** What reads objects. */
  private interface Reading<T> {
    T run() throws IOException;
  }

  private static <T> T reading(S3Location location, long maxBytes, Reading<T> reading) {
    try {
      return reading.run();
    } catch (TooLargeException e) {
      throw UserFile.tooLarge(location.toString(), maxBytes);
    } catch (NoSuchKeyException | NoSuchBucketException e) {
      throw missing(location, e);
    } catch (SdkException e) {
      if (S3Objects.isDenied(e)) {
        throw new WorkException(
            FailureReason.ARTIFACT_MISSING,
            "%s cannot be read: %s".formatted(location, S3Objects.explain(e)),
            "let the credentials read it",
            e);
      }
      throw unreadable(location, S3Objects.explain(e), e);
    } catch (IOException e) {
      throw unreadable(location, LocalFiles.explain(e), e);
    }
  }

  /**
   * Copies the objects right in a folder to a folder of this machine, replacing files of their
   * names at once.
   *
   * @throws WorkException ARTIFACT_MISSING or TRANSIENT_IO
   */
  void copyFiles(S3Location folder, Path target) {
    reading(
        folder,
        Long.MAX_VALUE,
        () -> {
          int begin = folder.key().length();
          List<String> names =
              objects.list(folder, MAX_FOLDER_OBJECTS).stream()
                  .map(object -> object.key().substring(begin))
                  .filter(name -> !name.isEmpty() && !name.contains("/"))
                  .toList();
          if (names.isEmpty()) {
            throw missing(folder, null);
          }
          for (String name : names) {
            Path temporary = target.resolve("." + UUID.randomUUID());
            try {
              // Checked by the constructor: a key cannot lead out of the folder.
              objects.download(folder.resolve(name), temporary, Long.MAX_VALUE);
              LocalFiles.rename(temporary, target.resolve(name));
            } finally {
              LocalFiles.deleteQuietly(temporary);
            }
          }
          return names.size();
        });
  }

  private void archive(S3Location folder, Path target, long maxBytes) throws IOException {
    List<S3Object> listed =
        objects.list(folder, MAX_FOLDER_OBJECTS + 1).stream()
            .filter(object -> !object.key().endsWith("/"))
            .toList();
    if (listed.isEmpty()) {
      throw missing(folder, null);
    }
    if (listed.size() > MAX_FOLDER_OBJECTS
        || listed.stream().mapToLong(S3Object::size).sum() > maxBytes) {
      throw new TooLargeException(maxBytes);
    }
    Path copies = target.resolveSibling(UUID.randomUUID().toString());
    try {
      for (S3Object object : listed) {
        // Checked by the constructor: a key cannot lead out of the folder.
        S3Location location = new S3Location(folder.bucket(), object.key());
        Path copy = copies.resolve(location.key().substring(folder.key().length()));
        Files.createDirectories(copy.getParent());
        objects.download(location, copy, object.size());
      }
      DirectoryArchive.write(copies, target, maxBytes, List.of());
    } finally {
      delete(copies);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        all.sorted(Comparator.reverseOrder()).forEach(LocalFiles::deleteQuietly);
      }
    }
  }

  @Override
  public void write(Path source, URI directory, String name) {
    S3Location folder = outputFolder(directory);
    try {
      objects.upload(source, folder.resolve(name), "application/octet-stream");
    } catch (SdkException e) {
      throw notWritable(folder, S3Objects.explain(e), e);
    } catch (IOException e) {
      throw notWritable(folder, LocalFiles.explain(e), e);
    }
  }

  @Override
  public void read(Path target, URI directory, String name) {
    S3Location object = outputFolder(directory).resolve(name);
    reading(
        object,
        Long.MAX_VALUE,
        () -> {
          objects.download(object, target, Long.MAX_VALUE);
          return object;
        });
  }

  @Override
  public void checkWritable(URI directory) {
    S3Location folder = outputFolder(directory);
    S3Location trial = folder.resolve(".rspar-check-" + UUID.randomUUID());
    try {
      objects.write(new byte[0], trial);
      objects.delete(trial);
    } catch (SdkException e) {
      throw notWritable(folder, S3Objects.explain(e), e);
    }
  }

  private S3Location outputFolder(URI directory) {
    S3Location folder;
    try {
      folder = S3Location.parse(directory.toString()).asFolder();
    } catch (WorkException e) {
      throw new WorkException(
          FailureReason.OUTPUT_NOT_WRITABLE,
          "The output %s is no folder in S3: %s".formatted(directory, e.getMessage()),
          "write s3://bucket/folder/",
          e);
    }
    if (restricted
        && Stream.concat(allowedRoots.stream(), ownResults.stream()).noneMatch(folder::isIn)) {
      throw new WorkException(
          FailureReason.OUTPUT_NOT_WRITABLE,
          "The output folder %s lies outside the folders that requests may name".formatted(folder),
          "name one below %s (rspar.artifacts.allowed-roots)".formatted(allowedRoots));
    }
    return folder;
  }

  private static WorkException missing(S3Location location, Throwable cause) {
    return new WorkException(
        FailureReason.ARTIFACT_MISSING,
        location + " does not exist",
        "correct bucket and key in the request; a folder's key ends with a slash",
        cause);
  }

  private static WorkException unreadable(S3Location location, String why, Exception cause) {
    return new WorkException(
        FailureReason.TRANSIENT_IO,
        "Reading %s failed: %s".formatted(location, why),
        "check the S3 server, then submit the request again",
        cause);
  }

  private static WorkException notWritable(S3Location folder, String why, Exception cause) {
    return new WorkException(
        FailureReason.OUTPUT_NOT_WRITABLE,
        "Cannot write to the output folder %s: %s".formatted(folder, why),
        "create the bucket, or let the service's credentials write to it",
        cause);
  }
}
