package io.rspar.kit.event;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** The history that the brokers hold. */
final class KafkaHistory implements EventHistory {
  private static final Duration POLL = Duration.ofMillis(500);

  private final KafkaConsumer<byte[], byte[]> reader;

  /**
   * @param group whose offsets count as consumed
   */
  KafkaHistory(KafkaClients clients, String group) {
    this.reader = clients.reader(group);
  }

  @Override
  public void readAll(TopicPartition partition, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    read(partition, end(partition), each);
  }

  @Override
  public void readConsumed(
      TopicPartition partition, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    OffsetAndMetadata committed = reader.committed(Set.of(partition)).get(partition);
    if (committed != null) {
      // A topic that was made anew ends before what was committed of the old one.
      read(partition, Math.min(committed.offset(), end(partition)), each);
    }
  }

  private long end(TopicPartition partition) {
    return reader.endOffsets(Set.of(partition)).get(partition);
  }

  private void read(
      TopicPartition partition, long end, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    reader.assign(List.of(partition));
    reader.seekToBeginning(List.of(partition));
    while (reader.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> record : reader.poll(POLL)) {
        if (record.offset() < end) {
          each.accept(record);
        }
      }
    }
  }

  @Override
  public void close() {
    reader.close();
  }
}
