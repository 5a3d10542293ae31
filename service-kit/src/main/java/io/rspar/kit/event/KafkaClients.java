package io.rspar.kit.event;

import io.rspar.events.topic.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Makes Kafka clients that are set up for their part. Keys and values are bytes everywhere. */
public final class KafkaClients {
  /** Longer than a garbage collection or a busy machine, shorter than a user's patience. */
  private static final Duration SESSION_TIMEOUT = Duration.ofSeconds(30);

  /** A transaction holds one publish and one commit: it is open for milliseconds. */
  private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(60);

  /** The first of each partition are wanted; what comes behind them only takes memory. */
  private static final int MAX_POLL_RECORDS = 8;

  private final KafkaSettings settings;

  public KafkaClients(KafkaSettings settings) {
    this.settings = settings;
  }

  public KafkaSettings settings() {
    return settings;
  }

  public Admin admin() {
    Map<String, Object> properties = common();
    properties.putAll(settings.properties());
    return Admin.create(properties);
  }

  /** A member of a group that commits by hand. */
  KafkaConsumer<byte[], byte[]> member(
      String group, Class<? extends ConsumerPartitionAssignor> assignor) {
    Map<String, Object> properties = reading();
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_POLL_RECORDS);
    properties.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, assignor.getName());
    properties.put(
        ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG,
        Math.toIntExact(settings.maxPollInterval().toMillis()));
    properties.put(
        ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, Math.toIntExact(SESSION_TIMEOUT.toMillis()));
    return consumer(properties);
  }

  /**
   * A reader of partitions that it assigns to itself; it sees a group's offsets, commits nothing.
   */
  public KafkaConsumer<byte[], byte[]> reader(String group) {
    Map<String, Object> properties = reading();
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    return consumer(properties);
  }

  /** A reader of partitions that it assigns to itself, of no group at all. */
  public KafkaConsumer<byte[], byte[]> reader() {
    return consumer(reading());
  }

  /** A publisher whose records and offsets become visible together. */
  KafkaProducer<byte[], byte[]> transactionalProducer(String transactionalId) {
    Map<String, Object> properties = writing();
    properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    properties.put(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Math.toIntExact(TRANSACTION_TIMEOUT.toMillis()));
    return producer(properties);
  }

  /**
   * A publisher of single records.
   *
   * @param maxBlock how long a send may wait for the broker's metadata or for buffer space
   */
  public KafkaProducer<byte[], byte[]> producer(Duration maxBlock) {
    Map<String, Object> properties = writing();
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, maxBlock.toMillis());
    return producer(properties);
  }

  private Map<String, Object> reading() {
    Map<String, Object> properties = common();
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return properties;
  }

  private Map<String, Object> writing() {
    Map<String, Object> properties = common();
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 2 * Topic.MAX_RECORD_BYTES);
    return properties;
  }

  private Map<String, Object> common() {
    Map<String, Object> properties = new HashMap<>();
    properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
    return properties;
  }

  private KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> properties) {
    properties.putAll(settings.properties());
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private KafkaProducer<byte[], byte[]> producer(Map<String, Object> properties) {
    properties.putAll(settings.properties());
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
