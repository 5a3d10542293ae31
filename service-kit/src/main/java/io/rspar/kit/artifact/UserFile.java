package io.rspar.kit.artifact;

import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file that a user's request names: checked before anything is read. */
final class UserFile {
  private UserFile() {}

  /** The real path of a readable regular file or folder inside the allowed roots. */
  static Path resolve(String uri, List<Path> allowedRoots) {
    Path path = pathOf(uri);
    if (!Files.exists(path)) {
      throw new WorkException(
          FailureReason.ARTIFACT_MISSING,
          path + " does not exist",
          "correct the path in the request; it has to exist on the machine of the sensitivity service");
    }
    try {
      Path real = path.toRealPath();
      requireAllowed(real, allowedRoots);
      if (!Files.isRegularFile(real) && !Files.isDirectory(real)) {
        throw new WorkException(
            FailureReason.INVALID_REQUEST,
            path + " is neither a file nor a folder",
            "name a regular file, or a folder of images");
      }
      return real;
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  /** Refuses a real path outside the allowed roots (if there are any). */
  static void requireAllowed(Path real, List<Path> allowedRoots) throws IOException {
    for (Path root : allowedRoots) {
      if (Files.exists(root) && real.startsWith(root.toRealPath())) {
        return;
      }
    }
    if (!allowedRoots.isEmpty()) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          real + " lies outside the folders that requests may name",
          "put it into one of " + allowedRoots + " (rspar.artifacts.allowed-roots)");
    }
  }

  static WorkException unreadable(Path path, IOException e) {
    if (e instanceof AccessDeniedException) {
      return new WorkException(
          FailureReason.ARTIFACT_MISSING,
          path + " cannot be read: access denied",
          "let the service's user read it",
          e);
    }
    return new WorkException(
        FailureReason.TRANSIENT_IO,
        "Reading %s failed: %s".formatted(path, e.getMessage()),
        "check the disk, then submit the request again",
        e);
  }

  static WorkException tooLarge(String path, long maxBytes) {
    return new WorkException(
        FailureReason.INVALID_REQUEST,
        "%s is larger than the allowed %d bytes".formatted(path, maxBytes),
        "use a smaller file, or raise rspar.artifacts.max-bytes");
  }

  private static Path pathOf(String uri) {
    try {
      URI parsed = new URI(uri);
      if (!"file".equals(parsed.getScheme())) {
        throw new WorkException(
            FailureReason.INVALID_REQUEST,
            "%s is not a file: URI".formatted(uri),
            "name inputs by file: URIs");
      }
      return Path.of(parsed);
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "%s is no valid URI of a file: %s".formatted(uri, e.getMessage()),
          "write file:///folder/name, with spaces as %20",
          e);
    }
  }
}
