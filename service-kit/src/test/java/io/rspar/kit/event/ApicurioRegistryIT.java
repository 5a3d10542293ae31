package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.events.CandidateProposed;
import io.rspar.events.PruningRequested;
import io.rspar.events.topic.Topic;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Events through a real Apicurio Registry 3: {@code mvn verify -pl service-kit -am
 * -DargLine=-Drspar.registry.url=http://localhost:8080/apis/registry/v3}. The registry needs a
 * newer Java than the build, so the test runs where one is named ({@code .ci/containers} names the
 * one of docker-compose.yml).
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

  /** What Confluent's deserialisers do: a zero byte, a schema's id, data in that schema. */
  @Test
  void aConfluentReaderFindsTheSchemaByItsId() throws Exception {
    URI registry = URI.create(System.getProperty("rspar.registry.url"));
    byte[] bytes;
    try (EventCodec writer =
        EventCodec.of(
            EventEncoding.APICURIO, Map.of("apicurio.registry.url", registry.toString()))) {
      bytes =
          writer.encode(
              Topic.PRUNING_CANDIDATES, new RecordHeaders(), TestEvents.proposed("confluent", 3));
    }
    ByteBuffer record = ByteBuffer.wrap(bytes);
    assertThat(record.get()).isZero();
    URI schemas = registry.resolve("/apis/ccompat/v7/schemas/ids/" + record.getInt());
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(schemas).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    String written = new ObjectMapper().readTree(answer.body()).get("schema").textValue();
    GenericRecord read =
        new GenericDatumReader<GenericRecord>(new Schema.Parser().parse(written))
            .read(
                null,
                DecoderFactory.get()
                    .binaryDecoder(bytes, record.position(), record.remaining(), null));
    assertThat(read.get("requestId")).hasToString("confluent");
  }
}
