package io.rspar.kit.artifact;

import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The files that a service has exported, as a client sees them. */
public final class ResultFiles {
  private final URI directory;
  private final Optional<URI> endpoint;
  private final Optional<String> region;

  /**
   * @param directory a {@code file:} or {@code s3:} URI, as in {@code PruningCompleted}
   * @param endpoint of an S3 server other than Amazon's
   * @param region of the S3 server; unset: what the SDK's standard chain finds
   */
  public ResultFiles(URI directory, Optional<URI> endpoint, Optional<String> region) {
    this.directory = directory;
    this.endpoint = endpoint;
    this.region = region;
  }

  /**
   * Copies the files, without folders in it, and replaces what has their names.
   *
   * @param folder of this machine; it is created
   * @throws WorkException ARTIFACT_MISSING or TRANSIENT_IO, where they cannot be read
   */
  public void copyTo(Path folder) throws IOException {
    Files.createDirectories(folder);
    switch (directory.getScheme() == null ? "" : directory.getScheme()) {
      case "file" -> copyFiles(folder);
      case S3Location.SCHEME ->
          new UserObjects(
                  S3Objects.connect(new S3Settings(endpoint, region, true)),
                  false,
                  List.of(),
                  List.of())
              .copyFiles(S3Location.parse(directory.toString()).asFolder(), folder);
      default -> throw unreachable();
    }
  }

  private void copyFiles(Path folder) throws IOException {
    if (!Files.isDirectory(Path.of(directory))) {
      throw unreachable();
    }
    List<Path> files;
    try (Stream<Path> found = Files.list(Path.of(directory))) {
      files = found.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      Files.copy(
          file, folder.resolve(file.getFileName().toString()), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private WorkException unreachable() {
    return new WorkException(
        FailureReason.ARTIFACT_MISSING,
        "The results lie in %s, which this machine cannot read".formatted(directory),
        "fetch them from there, or mount the services' folder under the same path");
  }
}
