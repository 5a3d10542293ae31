package io.rspar.kit.artifact;

import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An object, or a folder of objects, {@code s3://bucket/key}. The key is taken as it is written,
 * without percent-decoding.
 *
 * @param key of a folder it is empty or ends with a slash
 */
record S3Location(String bucket, String key) {
  static final String SCHEME = "s3";

  /** Longest key of S3 (bytes; every character has at least one). */
  private static final int MAX_KEY = 1024;

  private static final Pattern URI =
      Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", Pattern.DOTALL);

  S3Location {
    // Servers that keep objects as files take a dot segment for a step up.
    boolean steps =
        Arrays.stream(key.split("/", -1)).anyMatch(s -> s.equals(".") || s.equals(".."));
    boolean hasEmptySegment = key.startsWith("/") || key.contains("//");
    if (steps
        || hasEmptySegment
        || key.length() > MAX_KEY
        || key.chars().anyMatch(Character::isISOControl)) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "The key '%s' in bucket %s is not usable".formatted(shortened(key), bucket),
          "use a key of at most 1024 characters without empty, '.' and '..' segments");
    }
  }

  /**
   * @throws WorkException INVALID_REQUEST if this is no location in S3
   */
  static S3Location parse(String uri) {
    Matcher parts = URI.matcher(uri);
    if (!parts.matches()) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "%s is no location in S3".formatted(shortened(uri)),
          "write s3://bucket/key");
    }
    return new S3Location(parts.group(1), parts.group(2) == null ? "" : parts.group(2));
  }

  private static String shortened(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + "…";
  }

  boolean isFolder() {
    return key.isEmpty() || key.endsWith("/");
  }

  /** The same location as a folder. */
  S3Location asFolder() {
    return isFolder() ? this : new S3Location(bucket, key + "/");
  }

  /** An object in this folder. */
  S3Location resolve(String name) {
    return new S3Location(bucket, asFolder().key + name);
  }

  /** Whether this lies in a folder, or is it. */
  boolean isIn(S3Location folder) {
    return bucket.equals(folder.bucket) && asFolder().key.startsWith(folder.asFolder().key);
  }

  @Override
  public String toString() {
    return "s3://" + bucket + "/" + key;
  }
}
