package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.context.Context;
import io.rspar.events.topic.Topic;
import io.rspar.kit.service.Service;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** What the tests do with a broker: publish, read what is committed, run loops. */
final class Cluster implements AutoCloseable {
  /** Rebalances are wanted soon, and a job has to be able to outlast this. */
  static final Duration MAX_POLL_INTERVAL = Duration.ofSeconds(6);

  static final JobSettings SETTINGS =
      new JobSettings(
          3,
          Duration.ofMillis(20),
          3,
          Duration.ofMinutes(1),
          Duration.ofSeconds(5),
          Duration.ofMillis(100));

  final KafkaClients clients;
  final EventCodec codec;
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final KafkaProducer<byte[], byte[]> producer;
  private final Outbox outbox;
  private final UnwantedRequests unwanted;

  Cluster(String bootstrapServers) {
    this(bootstrapServers, EventCodec.singleObject());
  }

  Cluster(String bootstrapServers, EventCodec codec) {
    this.codec = codec;
    this.clients =
        new KafkaClients(
            new KafkaSettings(
                bootstrapServers,
                (short) 1,
                MAX_POLL_INTERVAL,
                Map.of("metadata.max.age.ms", "1000")));
    this.producer = clients.producer(Duration.ofSeconds(30));
    this.outbox = new Outbox(codec, "/test", Clock.systemUTC());
    try (Admin admin = clients.admin()) {
      TopicSetup.ensure(admin, (short) 1);
    }
    this.unwanted = new UnwantedRequests(clients, codec);
    unwanted.start();
  }

  EventLoop pruner(Worker worker) {
    return pruner(worker, SETTINGS);
  }

  EventLoop pruner(Worker worker, JobSettings settings) {
    EventLoop loop = EventLoop.working(Service.PRUNER, "", context(settings), worker);
    loop.start();
    return loop;
  }

  <S> EventLoop search(Process<S> process) {
    EventLoop loop = EventLoop.processing(Service.SEARCH, context(SETTINGS), process);
    loop.start();
    return loop;
  }

  private LoopContext context(JobSettings settings) {
    return new LoopContext(clients, codec, settings, meters, unwanted);
  }

  void publish(Topic topic, SpecificRecord event) throws Exception {
    producer.send(outbox.record(Outgoing.of(topic, event))).get();
  }

  /** From a span of its producer. */
  void publish(Topic topic, SpecificRecord event, Context trace) throws Exception {
    producer.send(outbox.record(Outgoing.of(topic, event), trace)).get();
  }

  /** Into a partition of choice. */
  void publish(Topic topic, int partition, SpecificRecord event) throws Exception {
    var record = outbox.record(Outgoing.of(topic, event));
    producer
        .send(
            new ProducerRecord<>(
                record.topic(), partition, record.key(), record.value(), record.headers()))
        .get();
  }

  void publishRaw(Topic topic, String key, byte[] value) throws Exception {
    producer.send(new ProducerRecord<>(topic.topicName(), key.getBytes(), value)).get();
  }

  /** All committed records of a topic now. */
  List<ConsumerRecord<byte[], byte[]>> committed(String topic) {
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    try (var reader = clients.reader("test-reader")) {
      TopicContent.read(reader, topic, found::add);
    }
    return found;
  }

  /** Whether a group has read all that a topic holds and committed that. */
  boolean isConsumed(String group, Topic topic) {
    try (var reader = clients.reader(group)) {
      List<TopicPartition> partitions =
          IntStream.range(0, topic.partitions())
              .mapToObj(p -> new TopicPartition(topic.topicName(), p))
              .toList();
      Map<TopicPartition, Long> ends = reader.endOffsets(partitions);
      Map<TopicPartition, OffsetAndMetadata> committed = reader.committed(Set.copyOf(partitions));
      return partitions.stream()
          .allMatch(
              p ->
                  ends.get(p) == 0
                      || (committed.get(p) != null && committed.get(p).offset() >= ends.get(p)));
    }
  }

  <T> List<T> events(Topic topic, Class<T> type) {
    return committed(topic.topicName()).stream()
        .map(r -> codec.decode(r.topic(), r.headers(), r.value()))
        .filter(type::isInstance)
        .map(type::cast)
        .toList();
  }

  static void await(String what, Duration limit, BooleanSupplier condition) throws Exception {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited %s for: %s", limit, what).isLessThan(deadline);
      Thread.sleep(50);
    }
  }

  @Override
  public void close() {
    unwanted.close();
    producer.close();
  }
}
