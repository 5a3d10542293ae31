package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class EventCodecTest {

  @Test
  void singleObjectNeedsNoRegistry() {
    EventCodec codec = EventCodec.of(EventEncoding.SINGLE_OBJECT, Map.of());
    var event = TestEvents.proposed("r", 1);
    byte[] bytes = codec.encode(Topic.PRUNING_CANDIDATES, new RecordHeaders(), event);
    assertThat(codec.decode("pruning-candidates", new RecordHeaders(), bytes)).isEqualTo(event);
  }

  @Test
  void apicurioNeedsItsUrl() {
    assertThatThrownBy(() -> EventCodec.of(EventEncoding.APICURIO, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("apicurio.registry.url");
  }

  @Test
  void apicurioIsBuiltFromItsPropertiesAndRefusesForeignBytes() {
    try (EventCodec codec =
        EventCodec.of(
            EventEncoding.APICURIO,
            Map.of("apicurio.registry.url", "http://localhost:1/apis/registry/v3"))) {
      assertThatThrownBy(
              () -> codec.decode("pruning-candidates", new RecordHeaders(), "no event".getBytes()))
          .isInstanceOf(UnreadableEventException.class);
    }
  }

  /** A registry that is away says nothing about the record: it must not become a dead letter. */
  @Test
  void anUnreachableRegistryDoesNotMakeARecordUnreadable() {
    byte[] written = new byte[] {0, 0, 0, 0, 7, 2};
    try (EventCodec codec =
        EventCodec.of(
            EventEncoding.APICURIO,
            Map.of("apicurio.registry.url", "http://localhost:1/apis/registry/v3"))) {
      assertThatThrownBy(() -> codec.decode("pruning-candidates", new RecordHeaders(), written))
          .isNotInstanceOf(UnreadableEventException.class);
    }
  }
}
