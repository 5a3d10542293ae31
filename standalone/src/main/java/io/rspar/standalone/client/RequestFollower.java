package io.rspar.standalone.client;

import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.service.Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads the statuses and results of requests, from the beginning. It belongs to no consumer group,
 * so that any number of them see everything. Not thread-safe.
 */
public final class RequestFollower implements AutoCloseable {
  private final EventCodec codec;
  private final Predicate<String> followed;
  private final KafkaConsumer<byte[], byte[]> reader;
  private final Map<TopicPartition, Long> present;

  private RequestFollower(
      KafkaClients clients,
      EventCodec codec,
      Predicate<String> followed,
      Collection<TopicPartition> partitions) {
    this.codec = codec;
    this.followed = followed;
    this.reader = clients.reader();
    reader.assign(partitions);
    reader.seekToBeginning(partitions);
    this.present = reader.endOffsets(partitions);
  }

  /** Follows every request. */
  static RequestFollower ofAll(KafkaClients clients, EventCodec codec) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (Topic topic : List.of(Topic.PRUNING_STATUS, Topic.PRUNING_RESULTS)) {
      IntStream.range(0, topic.partitions())
          .forEach(p -> partitions.add(new TopicPartition(topic.topicName(), p)));
    }
    return new RequestFollower(clients, codec, id -> true, partitions);
  }

  /** Follows one request: reads only the partitions that its keys lie in. */
  static RequestFollower of(KafkaClients clients, EventCodec codec, String requestId) {
    Set<Integer> statuses = new TreeSet<>();
    statuses.add(Topic.partitionOf(requestId));
    for (Service service : Service.values()) {
      String stage = service.stage().name().toLowerCase(Locale.ROOT);
      statuses.add(Topic.partitionOf(requestId + "/" + stage));
    }
    List<TopicPartition> partitions = new ArrayList<>();
    statuses.forEach(p -> partitions.add(new TopicPartition(Topic.PRUNING_STATUS.topicName(), p)));
    partitions.add(
        new TopicPartition(Topic.PRUNING_RESULTS.topicName(), Topic.partitionOf(requestId)));
    return new RequestFollower(clients, codec, requestId::equals, partitions);
  }

  /** Waits a moment for events: {@code PruningStatus}, or how a request ended. */
  public List<SpecificRecord> poll(Duration wait) {
    List<SpecificRecord> news = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : reader.poll(wait)) {
      SpecificRecord event;
      try {
        event = codec.decode(record.topic(), record.headers(), record.value());
      } catch (UnreadableEventException e) {
        continue; // somebody else's mistake
      }
      if (followed.test(Topic.requestIdOf(event))) {
        news.add(event);
      }
    }
    return news;
  }

  /** Whether everything has been read that was there when following began. */
  public boolean isUpToDate() {
    return present.entrySet().stream().allMatch(e -> reader.position(e.getKey()) >= e.getValue());
  }

  /** Whether an event is the end of a request. */
  public static boolean isEnd(SpecificRecord event) {
    return event instanceof PruningCompleted || event instanceof PruningFailed;
  }

  @Override
  public void close() {
    reader.close();
  }
}
