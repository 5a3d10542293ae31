package io.rspar.standalone.client;

import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.PruningStatus;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.event.Outbox;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.TopicSetup;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Submits requests and follows them to their end. Not thread-safe. */
public final class RequestClient implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaClients clients;
  private final EventCodec codec = EventCodec.singleObject();
  private final KafkaConsumer<byte[], byte[]> reader;

  /** Connects, and creates the topics if no service has yet. */
  public RequestClient(String bootstrapServers) {
    this.clients = new KafkaClients(KafkaSettings.local(bootstrapServers));
    try (Admin admin = clients.admin()) {
      TopicSetup.ensure(admin, (short) -1);
    }
    this.reader = clients.reader("rspar-client");
    List<TopicPartition> partitions =
        Stream.of(Topic.PRUNING_STATUS, Topic.PRUNING_RESULTS)
            .flatMap(
                topic ->
                    IntStream.range(0, topic.partitions())
                        .mapToObj(p -> new TopicPartition(topic.topicName(), p)))
            .toList();
    reader.assign(partitions);
    reader.seekToBeginning(partitions);
  }

  /**
   * Publishes a request; it is on the broker when this returns.
   *
   * @throws KafkaException if the broker does not take it
   */
  public void submit(PruningRequest request) throws InterruptedException {
    Outbox outbox = new Outbox(codec, "/rspar/cli", Clock.systemUTC());
    try (var producer = clients.producer(Duration.ofSeconds(60))) {
      producer
          .send(outbox.record(Outgoing.of(Topic.PRUNING_REQUESTS, new PruningRequested(request))))
          .get();
    } catch (ExecutionException e) {
      throw new KafkaException("The request could not be published", e.getCause());
    }
  }

  /**
   * Waits a moment for news of a request.
   *
   * @param progress told each report of its progress
   * @return {@code PruningCompleted} or {@code PruningFailed}, once it has ended
   */
  public Optional<SpecificRecord> poll(String requestId, Consumer<PruningStatus> progress) {
    SpecificRecord end = null;
    for (ConsumerRecord<byte[], byte[]> record : reader.poll(POLL)) {
      SpecificRecord event;
      try {
        event = codec.decode(record.topic(), record.headers(), record.value());
      } catch (UnreadableEventException e) {
        continue; // somebody else's mistake
      }
      if (!Topic.requestIdOf(event).equals(requestId)) {
        continue;
      }
      if (event instanceof PruningStatus status) {
        progress.accept(status);
      } else if (end == null) {
        end = event;
      }
    }
    return Optional.ofNullable(end);
  }

  @Override
  public void close() {
    reader.close();
    codec.close();
  }
}
