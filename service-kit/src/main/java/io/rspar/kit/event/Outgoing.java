package io.rspar.kit.event;

import io.rspar.events.topic.Topic;
import java.util.Objects;
import org.apache.avro.specific.SpecificRecord;

/** An event to publish. */
public record Outgoing(Topic topic, String key, SpecificRecord event) {
  public Outgoing {
    Objects.requireNonNull(topic, "topic");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(event, "event");
    if (!topic.eventTypes().contains(event.getClass())) {
      throw new IllegalArgumentException(
          topic.topicName() + " does not carry " + event.getClass().getSimpleName());
    }
  }

  /** An event under the key that its topic prescribes. */
  public static Outgoing of(Topic topic, SpecificRecord event) {
    return new Outgoing(topic, topic.keyOf(event), event);
  }
}
