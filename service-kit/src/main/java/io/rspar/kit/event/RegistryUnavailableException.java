package io.rspar.kit.event;

import org.apache.kafka.common.KafkaException;

/**
 * The schema registry is away, overloaded or does not let this client in, which says nothing about
 * the event in question.
 */
public final class RegistryUnavailableException extends KafkaException {
  private static final long serialVersionUID = 1;

  RegistryUnavailableException(Throwable cause) {
    super("the schema registry gives no answer: " + cause.getMessage(), cause);
  }
}
