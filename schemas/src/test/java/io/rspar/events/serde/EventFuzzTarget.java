package io.rspar.events.serde;

import io.rspar.events.topic.Topic;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/**
 * Entry of a coverage-guided fuzzer: {@code .ci/fuzz event}. The first byte chooses the event's
 * type, whose header no mutation would find; the others are its data.
 */
public final class EventFuzzTarget {
  private static final EventDeserializer DESERIALIZER = new EventDeserializer();
  private static final EventSerializer SERIALIZER = new EventSerializer();
  private static final List<byte[]> HEADERS = new ArrayList<>();
  private static final List<String> TOPICS = new ArrayList<>();

  static {
    SampleEvents samples = new SampleEvents(1);
    for (Topic topic : Topic.values()) {
      topic.eventTypes().stream()
          .sorted(Comparator.comparing(Class::getName))
          .forEach(
              type -> {
                byte[] sample = SERIALIZER.serialize(topic.topicName(), samples.next(type));
                HEADERS.add(Arrays.copyOf(sample, EventSerializer.HEADER_BYTES));
                TOPICS.add(topic.topicName());
              });
    }
  }

  private EventFuzzTarget() {}

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    int type = Byte.toUnsignedInt(input[0]) % TOPICS.size();
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    record.writeBytes(HEADERS.get(type));
    record.write(input, 1, input.length - 1);
    String topic = TOPICS.get(type);
    SpecificRecord event;
    try {
      event = DESERIALIZER.deserialize(topic, record.toByteArray());
    } catch (UnreadableEventException e) {
      return;
    }
    SpecificRecord again = DESERIALIZER.deserialize(topic, SERIALIZER.serialize(topic, event));
    if (!event.equals(again)) {
      throw new AssertionError(event + " came back as " + again);
    }
  }
}
