package io.rspar.kit.event;

import io.rspar.events.topic.Topic;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;

/** Topics and committed offsets as a broker keeps them; it never loses what it has. */
final class SimulatedLog {
  private final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> partitions =
      new HashMap<>();

  /** Partitions that have records, by topic, in order. */
  private final Map<String, TreeMap<Integer, TopicPartition>> used = new HashMap<>();

  private final Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets = new HashMap<>();
  private long clockMillis;

  void append(ProducerRecord<byte[], byte[]> record) {
    int partition =
        Topic.named(record.topic()).isEmpty()
            ? 0
            : Topic.partitionOf(new String(record.key(), StandardCharsets.UTF_8));
    append(new TopicPartition(record.topic(), partition), record);
  }

  /** Where a producer with another partitioner puts it. */
  void append(TopicPartition partition, ProducerRecord<byte[], byte[]> record) {
    List<ConsumerRecord<byte[], byte[]>> records =
        partitions.computeIfAbsent(partition, p -> new ArrayList<>());
    used.computeIfAbsent(partition.topic(), t -> new TreeMap<>())
        .put(partition.partition(), partition);
    clockMillis++;
    records.add(
        new ConsumerRecord<>(
            partition.topic(),
            partition.partition(),
            records.size(),
            clockMillis,
            TimestampType.CREATE_TIME,
            record.key() == null ? -1 : record.key().length,
            record.value() == null ? -1 : record.value().length,
            record.key(),
            record.value(),
            record.headers(),
            Optional.empty()));
  }

  /** What a transaction does: all of it or nothing. */
  void commit(
      String group,
      List<ProducerRecord<byte[], byte[]>> records,
      TopicPartition partition,
      OffsetAndMetadata next) {
    records.forEach(this::append);
    commit(group, partition, next);
  }

  void commit(String group, TopicPartition partition, OffsetAndMetadata next) {
    offsets.computeIfAbsent(group, g -> new HashMap<>()).put(partition, next);
  }

  OffsetAndMetadata committed(String group, TopicPartition partition) {
    return offsets.getOrDefault(group, Map.of()).getOrDefault(partition, new OffsetAndMetadata(0));
  }

  List<ConsumerRecord<byte[], byte[]>> records(TopicPartition partition) {
    return partitions.getOrDefault(partition, List.of());
  }

  /** All records of a topic. */
  List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    return partitions(topic).stream().flatMap(p -> records(p).stream()).toList();
  }

  /** Partitions of a topic of which a group has something to read, in order. */
  List<TopicPartition> pending(String group, Topic topic) {
    return partitions(topic.topicName()).stream()
        .filter(p -> committed(group, p).offset() < records(p).size())
        .toList();
  }

  private Collection<TopicPartition> partitions(String topic) {
    return used.getOrDefault(topic, new TreeMap<>()).values();
  }

  EventHistory history(String group) {
    return new EventHistory() {
      @Override
      public void readAll(TopicPartition partition, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        records(partition).forEach(each);
      }

      @Override
      public void readConsumed(
          TopicPartition partition, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        records(partition).stream().limit(committed(group, partition).offset()).forEach(each);
      }

      @Override
      public void close() {}
    };
  }
}
