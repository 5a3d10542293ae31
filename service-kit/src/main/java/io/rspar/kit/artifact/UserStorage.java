package io.rspar.kit.artifact;

import java.net.URI;
import java.nio.file.Path;

/** Where users keep inputs and want results: the storage behind one URI scheme. */
interface UserStorage {

  /**
   * Copies what a user's URI names to a new local file; a folder becomes a zip archive.
   *
   * @param maxBytes largest content taken (bytes)
   * @return whether it was a folder
   * @throws io.rspar.kit.failure.WorkException INVALID_REQUEST, ARTIFACT_MISSING or TRANSIENT_IO
   */
  boolean copyTo(Path target, String uri, long maxBytes);

  /**
   * Writes a file into a user's folder, replacing one of that name at once.
   *
   * @throws io.rspar.kit.failure.WorkException OUTPUT_NOT_WRITABLE
   */
  void write(Path source, URI directory, String name);

  /**
   * Copies what {@link #write} wrote to a new local file.
   *
   * @throws io.rspar.kit.failure.WorkException OUTPUT_NOT_WRITABLE for a folder that results may
   *     not lie in, ARTIFACT_MISSING or TRANSIENT_IO
   */
  void read(Path target, URI directory, String name);

  /**
   * Makes sure that {@link #write} to this folder can succeed; creates it.
   *
   * @throws io.rspar.kit.failure.WorkException OUTPUT_NOT_WRITABLE
   */
  void checkWritable(URI directory);
}
