package io.rspar.kit.event;

/** A topic exists with another number of partitions than the catalogue's. */
public final class TopicMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TopicMismatchException(String topic, int partitions, int expected) {
    super(
        "Topic %s has %d partitions but needs %d: delete it, or create it with %d partitions"
            .formatted(topic, partitions, expected, expected));
  }
}
