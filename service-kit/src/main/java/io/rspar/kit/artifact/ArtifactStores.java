package io.rspar.kit.artifact;

import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the store that a configuration describes. */
public final class ArtifactStores {
  private ArtifactStores() {}

  /**
   * @throws WorkException INVALID_REQUEST, naming the key that is wrong
   */
  public static ArtifactStore open(ArtifactConfig config) {
    URI uri = config.uri();
    return switch (uri.getScheme() == null ? "" : uri.getScheme()) {
      case "file" -> files(config, Path.of(uri));
      case S3Location.SCHEME -> objects(config, S3Location.parse(uri.toString()));
      default ->
          throw new WorkException(
              FailureReason.INVALID_REQUEST,
              "rspar.artifacts.uri is " + uri,
              "set it to file:///folder/ or s3://bucket/folder/, which all services share");
    };
  }

  private static ArtifactStore files(ArtifactConfig config, Path root) {
    Map<String, UserStorage> users = new HashMap<>();
    Path results = root.toAbsolutePath().normalize().resolve("results");
    userFiles(config, Optional.of(results)).ifPresent(files -> users.put("file", files));
    if (config.s3().endpoint().isPresent() || config.s3().region().isPresent()) {
      users.put(S3Location.SCHEME, userObjects(config, connect(config), List.of()));
    }
    return new FileArtifactStore(root, config.maxBytes(), users);
  }

  private static ArtifactStore objects(ArtifactConfig config, S3Location root) {
    S3Objects objects = connect(config);
    Map<String, UserStorage> users = new HashMap<>();
    userFiles(config, Optional.empty()).ifPresent(files -> users.put("file", files));
    users.put(S3Location.SCHEME, userObjects(config, objects, List.of(root.resolve("results/"))));
    Path copies =
        config
            .cache()
            .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"), "rspar-artifacts"));
    return new S3ArtifactStore(
        objects, root, new LocalCopies(copies, config.cacheBytes()), config.maxBytes(), users);
  }

  private static S3Objects connect(ArtifactConfig config) {
    ArtifactConfig.S3 s3 = config.s3();
    return S3Objects.connect(new S3Settings(s3.endpoint(), s3.region(), s3.pathStyle()));
  }

  /** None where the allowed roots are all in S3. */
  private static Optional<UserFiles> userFiles(ArtifactConfig config, Optional<Path> ownResults) {
    List<Path> allowed =
        allowedRoots(config).stream()
            .filter(root -> !isObject(root))
            .map(ArtifactStores::path)
            .toList();
    if (config.allowedRoots().isPresent() && allowed.isEmpty()) {
      // Results below the store are written in any case.
      return ownResults.map(results -> new UserFiles(List.of(results), ownResults));
    }
    return Optional.of(new UserFiles(allowed, ownResults));
  }

  private static Path path(String root) {
    return root.startsWith("file:") ? Path.of(URI.create(root)) : Path.of(root);
  }

  private static UserObjects userObjects(
      ArtifactConfig config, S3Objects objects, List<S3Location> ownResults) {
    List<S3Location> allowed =
        allowedRoots(config).stream()
            .filter(ArtifactStores::isObject)
            .map(S3Location::parse)
            .toList();
    return new UserObjects(objects, config.allowedRoots().isPresent(), allowed, ownResults);
  }

  private static List<String> allowedRoots(ArtifactConfig config) {
    return config.allowedRoots().orElse(List.of());
  }

  private static boolean isObject(String root) {
    return root.startsWith(S3Location.SCHEME + ":");
  }
}
