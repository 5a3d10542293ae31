package io.rspar.kit.artifact;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Artifacts as files of a folder that all services share. */
public final class FileArtifactStore extends ContentStore {
  private final URI root;
  private final LocalFiles files;

  /**
   * @param maxBytes largest artifact that {@link #admit} takes (bytes)
   * @param allowedRoots folders that {@link #admit} may read from and {@link #export} write to;
   *     empty means everything
   */
  public FileArtifactStore(Path root, long maxBytes, List<Path> allowedRoots) {
    this(root, maxBytes, Map.of("file", userFiles(root, allowedRoots)));
  }

  FileArtifactStore(Path root, long maxBytes, Map<String, UserStorage> users) {
    super(absolute(root).resolve("tmp"), maxBytes, users);
    this.root = URI.create(absolute(root).toUri().toString().replaceFirst("/*$", "/"));
    this.files = new LocalFiles(absolute(root));
  }

  /** The users' files of a store at this place. */
  static UserFiles userFiles(Path root, List<Path> allowedRoots) {
    return new UserFiles(allowedRoots, Optional.of(absolute(root).resolve("results")));
  }

  private static Path absolute(Path root) {
    return root.toAbsolutePath().normalize();
  }

  @Override
  void keep(Path temporary, Digest digest, String mediaType) throws IOException {
    files.adopt(temporary, digest.sha256());
  }

  @Override
  Path locate(String sha256) throws IOException {
    return files.wanted(sha256);
  }

  /** There is one copy only: a person has to look at the disk. */
  @Override
  boolean discard(Path damaged) {
    return false;
  }

  @Override
  URI root() {
    return root;
  }
}
