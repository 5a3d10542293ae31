package io.rspar.kit.artifact;

import java.io.IOException;

/** Content goes on beyond the limit. */
final class TooLargeException extends IOException {
  private static final long serialVersionUID = 1L;

  TooLargeException(long limit) {
    super("more than " + limit + " bytes");
  }
}
