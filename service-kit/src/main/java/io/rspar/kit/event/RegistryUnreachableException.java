package io.rspar.kit.event;

import org.apache.kafka.common.KafkaException;

/** The schema registry does not answer, which says nothing about the event in question. */
public final class RegistryUnreachableException extends KafkaException {
  private static final long serialVersionUID = 1;

  RegistryUnreachableException(Throwable cause) {
    super("the schema registry cannot be reached: " + cause.getMessage(), cause);
  }
}
