package io.rspar.events.serde;

import org.apache.kafka.common.errors.SerializationException;

/** Bytes that are no event of this topic: the message says why. */
public final class UnreadableEventException extends SerializationException {
  private static final long serialVersionUID = 1L;

  public UnreadableEventException(String message) {
    super(message);
  }

  public UnreadableEventException(String message, Throwable cause) {
    super(message, cause);
  }
}
