package io.rspar.kit.event;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** What a topic holds at this moment. */
public final class TopicContent {
  private static final Duration POLL = Duration.ofMillis(200);

  private TopicContent() {}

  /**
   * Reads all committed records of a topic up to its present end; nothing where there is no such
   * topic. A producer in another language may have chosen any partition.
   *
   * @param reader to assign the topic's partitions to
   */
  public static void read(
      KafkaConsumer<byte[], byte[]> reader,
      String topic,
      Consumer<ConsumerRecord<byte[], byte[]>> each) {
    List<TopicPartition> partitions =
        reader.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    reader.assign(partitions);
    reader.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = reader.endOffsets(partitions);
    while (partitions.stream().anyMatch(p -> reader.position(p) < ends.get(p))) {
      reader.poll(POLL).forEach(each);
    }
  }
}
