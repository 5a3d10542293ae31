package io.rspar.kit.artifact;

import io.rspar.events.ArtifactRef;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;

/**
 * Content-addressed storage that all services of an installation share. A stored artifact's URI is
 * {@code rspar:sha256/<hex>}; it never changes and is complete as soon as it can be seen, so it is
 * stored before the event that names it is published.
 *
 * <p>Every method throws {@link io.rspar.kit.failure.WorkException}: TRANSIENT_IO where trying
 * again can help, otherwise the reason that the user should read.
 */
public interface ArtifactStore {

  /** Stores a copy of a file. Idempotent. */
  ArtifactRef put(Path file, String mediaType);

  /** Stores bytes. Idempotent. */
  ArtifactRef put(byte[] content, String mediaType);

  /** Content that is too large to be held in memory. */
  @FunctionalInterface
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /** Stores what is written. Idempotent. */
  ArtifactRef put(Content content, String mediaType);

  /**
   * A local file with the content of a stored artifact, to be read only. Size and checksum are
   * verified on each call. Reasons: INVALID_REQUEST for a reference that is not of a stored
   * artifact, ARTIFACT_MISSING, ARTIFACT_CORRUPT.
   */
  Path fetch(ArtifactRef stored);

  /**
   * Takes what a user's request refers to into the store: a {@code file:} or {@code s3:} URI of a
   * file or of a folder (which becomes a zip archive with entries in order of name and fixed
   * timestamps; an S3 folder's key ends with a slash), or a reference that is stored already.
   * Checksum and size are checked where the user gave them. Reasons: INVALID_REQUEST (scheme, size
   * limit, outside the allowed roots), ARTIFACT_MISSING, ARTIFACT_CORRUPT.
   */
  ArtifactRef admit(ArtifactRef fromUser);

  /**
   * Copies an artifact into a folder for the user, replacing a file of that name at once. The
   * folder is created if necessary. Reason: OUTPUT_NOT_WRITABLE.
   *
   * @param directory a {@code file:} or {@code s3:} URI
   * @param name a plain file name
   */
  void export(ArtifactRef stored, URI directory, String name);

  /**
   * Takes what {@link #export} wrote into the store again, so that it can be fetched by whoever
   * does not share the user's folder. Reasons: OUTPUT_NOT_WRITABLE for a folder that results may
   * not lie in, ARTIFACT_MISSING.
   *
   * @param directory a {@code file:} or {@code s3:} URI
   * @param name a plain file name
   */
  ArtifactRef exported(URI directory, String name);

  /**
   * Makes sure, before hours of work, that {@link #export} to this folder can succeed; creates it.
   * Reason: OUTPUT_NOT_WRITABLE.
   */
  void checkWritable(URI directory);

  /**
   * The folder of a request's results where the request names none: {@code <root>/results/<request
   * id>/}.
   */
  URI resultsDirectory(String requestId);
}
