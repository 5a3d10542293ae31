package io.rspar.kit.event;

import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** What has been published and committed, from the beginning, in order. */
interface EventHistory extends AutoCloseable {

  /** Reads a partition up to its present end. */
  void readAll(TopicPartition partition, Consumer<ConsumerRecord<byte[], byte[]>> each);

  /** Reads a partition up to what the service's consumer group has committed, if it has. */
  void readConsumed(TopicPartition partition, Consumer<ConsumerRecord<byte[], byte[]>> each);

  @Override
  void close();
}
