package io.rspar.kit.artifact;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/**
 * Artifacts as objects of a bucket, {@code <root>/sha256/<first two digits>/<hex>}, with copies in
 * a folder of this machine. Two writers of one content write the same object, so none has to win.
 */
final class S3ArtifactStore extends ContentStore {
  /**
   * An object that is wanted again is written again when it is older, so that a lifecycle rule
   * never removes what a recent request relies on.
   */
  private static final Duration FRESH = Duration.ofDays(1);

  private final S3Objects objects;
  private final S3Location root;
  private final LocalCopies copies;

  S3ArtifactStore(
      S3Objects objects,
      S3Location root,
      LocalCopies copies,
      long maxBytes,
      Map<String, UserStorage> users) {
    super(copies.temporaries(), maxBytes, users);
    this.objects = objects;
    this.root = root.asFolder();
    this.copies = copies;
  }

  @Override
  void keep(Path temporary, Digest digest, String mediaType) throws IOException {
    S3Location object = objectOf(digest.sha256());
    try {
      Optional<S3Objects.Attributes> there = objects.attributes(object);
      boolean fresh =
          there.isPresent()
              && there.get().sizeBytes() == digest.sizeBytes()
              && there.get().modified().isAfter(Instant.now().minus(FRESH));
      if (!fresh) {
        objects.upload(temporary, object, mediaType);
      }
    } catch (SdkException e) {
      throw new IOException(S3Objects.explain(e), e);
    }
    copies.adopt(temporary, digest.sha256());
  }

  @Override
  Path locate(String sha256) throws IOException {
    try {
      return copies.wanted(sha256);
    } catch (NoSuchFileException e) {
      return download(sha256);
    }
  }

  private Path download(String sha256) throws IOException {
    S3Location object = objectOf(sha256);
    Path temporary = newTemporaryFile();
    try {
      objects.download(object, temporary, Long.MAX_VALUE);
      copies.adopt(temporary, sha256);
      return copies.wanted(sha256);
    } catch (NoSuchKeyException e) {
      throw new NoSuchFileException(object.toString());
    } catch (SdkException e) {
      throw new IOException(S3Objects.explain(e), e);
    } finally {
      LocalFiles.deleteQuietly(temporary);
    }
  }

  @Override
  boolean discard(Path damaged) throws IOException {
    Files.deleteIfExists(damaged);
    return true;
  }

  @Override
  URI root() {
    return URI.create(root.toString());
  }

  private S3Location objectOf(String sha256) {
    return root.resolve("sha256/" + sha256.substring(0, 2) + "/" + sha256);
  }
}
