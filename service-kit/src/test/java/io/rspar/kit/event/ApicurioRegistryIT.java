package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.CandidateProposed;
import io.rspar.events.CandidatePruned;
import io.rspar.events.PruningRequested;
import io.rspar.events.WorkFailed;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.backend.SchemaRegistry;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events through a real Apicurio Registry. */
class ApicurioRegistryIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final JobSettings ONE_DELIVERY =
      new JobSettings(
          3,
          Duration.ofMillis(20),
          1,
          Duration.ofMinutes(1),
          Duration.ofSeconds(5),
          Duration.ofMillis(100));

  @TempDir static Path folder;
  private static SchemaRegistry registry;

  @BeforeAll
  static void start() throws Exception {
    registry = SchemaRegistry.start(folder);
  }

  @AfterAll
  static void stop() {
    registry.close();
  }

  private static EventCodec codec(String url) {
    return EventCodec.of(EventEncoding.APICURIO, Map.of("apicurio.registry.url", url));
  }

  @Test
  void eventsOfSeveralTypesComeBackFromAnotherCodec() {
    PruningRequested requested =
        PruningRequested.newBuilder().setRequest(TestEvents.request("registry")).build();
    CandidateProposed proposed = TestEvents.proposed("registry", 3);
    RecordHeaders first = new RecordHeaders();
    RecordHeaders second = new RecordHeaders();
    byte[] requestedBytes;
    byte[] proposedBytes;
    try (EventCodec writer = codec(registry.url())) {
      requestedBytes = writer.encode(Topic.PRUNING_REQUESTS, first, requested);
      proposedBytes = writer.encode(Topic.PRUNING_CANDIDATES, second, proposed);
    }
    try (EventCodec reader = codec(registry.url())) {
      assertThat(reader.decode(Topic.PRUNING_REQUESTS.topicName(), first, requestedBytes))
          .isEqualTo(requested);
      assertThat(reader.decode(Topic.PRUNING_CANDIDATES.topicName(), second, proposedBytes))
          .isEqualTo(proposed);
    }
  }

  /** What Confluent's deserialisers do: a zero byte, a schema's id, data in that schema. */
  @Test
  void aConfluentReaderFindsTheSchemaByItsId() throws Exception {
    byte[] bytes;
    try (EventCodec writer = codec(registry.url())) {
      bytes =
          writer.encode(
              Topic.PRUNING_CANDIDATES, new RecordHeaders(), TestEvents.proposed("confluent", 3));
    }
    ByteBuffer record = ByteBuffer.wrap(bytes);
    assertThat(record.get()).isZero();
    String written =
        registry.confluent("/schemas/ids/" + record.getInt()).get("schema").textValue();
    GenericRecord read =
        new GenericDatumReader<GenericRecord>(new Schema.Parser().parse(written))
            .read(
                null,
                DecoderFactory.get()
                    .binaryDecoder(bytes, record.position(), record.remaining(), null));
    assertThat(read.get("requestId")).hasToString("confluent");
  }

  /** They must not hold their partition up. */
  @Test
  void damagedRecordsAreUnreadable() {
    try (EventCodec codec = codec(registry.url())) {
      byte[] bytes =
          codec.encode(
              Topic.PRUNING_CANDIDATES, new RecordHeaders(), TestEvents.proposed("damaged", 3));
      byte[] truncated = Arrays.copyOf(bytes, bytes.length / 2);
      byte[] ofUnknownSchema = bytes.clone();
      ofUnknownSchema[2] = 77;
      for (byte[] damaged : List.of(truncated, ofUnknownSchema)) {
        assertThatThrownBy(
                () ->
                    codec.decode(
                        Topic.PRUNING_CANDIDATES.topicName(), new RecordHeaders(), damaged))
            .isInstanceOf(UnreadableEventException.class);
      }
    }
  }

  /** Work is done again, however often; no record is given up for it, and none is lost. */
  @Test
  void aRegistryThatIsAwayHoldsWorkUpAndNoMore() throws Exception {
    AtomicInteger begun = new AtomicInteger();
    AtomicBoolean away = new AtomicBoolean(true);
    try (Gateway gateway = new Gateway(URI.create(registry.url()));
        TestBroker broker = TestBroker.start(folder);
        Cluster producing = new Cluster(broker.bootstrapServers(), codec(registry.url()));
        Cluster working = new Cluster(broker.bootstrapServers(), codec(gateway.url()))) {
      producing.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("held-up", 0));
      Worker worker =
          (event, job) -> {
            begun.incrementAndGet();
            if (away.get()) {
              gateway.close(); // a result is of another type: its schema has to be looked up
            }
            return List.of(
                Outgoing.of(Topic.PRUNED_MODELS, TestEvents.pruned((CandidateProposed) event)));
          };
      try (EventLoop loop = working.pruner(worker, ONE_DELIVERY)) {
        Cluster.await(
            "more deliveries than a record has",
            PATIENCE,
            () -> begun.get() > ONE_DELIVERY.maxDeliveries() + 1);
        away.set(false);
        gateway.open();
        Cluster.await(
            "the result",
            PATIENCE,
            () -> producing.events(Topic.PRUNED_MODELS, CandidatePruned.class).size() == 1);
      }
      assertThat(producing.events(Topic.EVALUATION_RESULTS, WorkFailed.class)).isEmpty();
      assertThat(producing.committed("pruning-candidates-dlq")).isEmpty();
    }
  }
}
