package io.rspar.kit.event;

/** A topic exists that cannot do what the catalogue needs. */
public final class TopicMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private TopicMismatchException(String message) {
    super(message);
  }

  static TopicMismatchException of(TopicSetup.Difference.Partitions difference) {
    return new TopicMismatchException(
        "Topic %s has %d partitions but needs %d: delete it, or create it with %d partitions"
            .formatted(
                difference.topic(),
                difference.present(),
                difference.wanted(),
                difference.wanted()));
  }

  static TopicMismatchException of(TopicSetup.Difference.Setting difference) {
    return new TopicMismatchException(
        "Topic %s has %s=%s and would lose or refuse events: set it to %s, or run 'rspar topics --apply'"
            .formatted(
                difference.topic(), difference.name(), difference.present(), difference.wanted()));
  }
}
