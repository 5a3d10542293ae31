package io.rspar.kit.artifact;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What identifies content.
 *
 * @param sha256 64 lower-case hexadecimal digits
 */
record Digest(String sha256, long sizeBytes) {
  private static final int BUFFER_BYTES = 1 << 16;

  static Digest of(InputStream in) throws IOException {
    return transfer(in, OutputStream.nullOutputStream(), Long.MAX_VALUE);
  }

  /** Copies to a new file on the way; reads at most one buffer beyond the limit. */
  static Digest copy(InputStream in, Path target, long limit) throws IOException {
    try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
      return transfer(in, out, limit);
    }
  }

  /** Writes content to a new file. */
  static Digest write(ArtifactStore.Content content, Path target) throws IOException {
    MessageDigest digest = sha256Algorithm();
    try (OutputStream file = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW);
        OutputStream out = new DigestOutputStream(file, digest)) {
      content.writeTo(out);
    }
    return new Digest(HexFormat.of().formatHex(digest.digest()), Files.size(target));
  }

  private static Digest transfer(InputStream in, OutputStream out, long limit) throws IOException {
    MessageDigest digest = sha256Algorithm();
    byte[] buffer = new byte[BUFFER_BYTES];
    long size = 0;
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      size += read;
      if (size > limit) {
        throw new TooLargeException(limit);
      }
      digest.update(buffer, 0, read);
      out.write(buffer, 0, read);
    }
    return new Digest(HexFormat.of().formatHex(digest.digest()), size);
  }

  private static MessageDigest sha256Algorithm() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
