package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.CandidateProposed;
import io.rspar.events.PruningRequested;
import io.rspar.events.topic.Topic;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Events through a real Apicurio Registry 3: {@code mvn verify -pl service-kit -am
 * -DargLine=-Drspar.registry.url=http://localhost:8080/apis/registry/v3}. The registry needs a
 * newer Java than the build, so the test runs where one is named.
 */
@EnabledIfSystemProperty(named = "rspar.registry.url", matches = ".+")
class ApicurioRegistryIT {

  @Test
  void eventsOfSeveralTypesComeBackFromAnotherCodec() {
    Map<String, String> properties =
        Map.of("apicurio.registry.url", System.getProperty("rspar.registry.url"));
    PruningRequested requested =
        PruningRequested.newBuilder().setRequest(TestEvents.request("registry")).build();
    CandidateProposed proposed = TestEvents.proposed("registry", 3);
    RecordHeaders first = new RecordHeaders();
    RecordHeaders second = new RecordHeaders();
    byte[] requestedBytes;
    byte[] proposedBytes;
    try (EventCodec writer = EventCodec.of(EventEncoding.APICURIO, properties)) {
      requestedBytes = writer.encode(Topic.PRUNING_REQUESTS, first, requested);
      proposedBytes = writer.encode(Topic.PRUNING_CANDIDATES, second, proposed);
    }
    try (EventCodec reader = EventCodec.of(EventEncoding.APICURIO, properties)) {
      assertThat(reader.decode(Topic.PRUNING_REQUESTS.topicName(), first, requestedBytes))
          .isEqualTo(requested);
      assertThat(reader.decode(Topic.PRUNING_CANDIDATES.topicName(), second, proposedBytes))
          .isEqualTo(proposed);
    }
  }
}
