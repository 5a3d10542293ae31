package io.rspar.kit.event;

import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows results and cancellations, so that the services drop what nobody waits for any more: the
 * queued and the running work of requests that were cancelled or have failed. What is missed here
 * costs work, never correctness: the search ignores whatever comes after a request's end.
 */
public final class UnwantedRequests implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UnwantedRequests.class);

  /** Work of a request that ended before this is not likely to be queued still. */
  private static final Duration LOOK_BACK = Duration.ofDays(1);

  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration RECONNECT = Duration.ofSeconds(5);

  private final KafkaClients clients;
  private final EventCodec codec;
  private final RequestIds ids = new RequestIds();
  private final Thread thread;
  private volatile boolean stopping;

  public UnwantedRequests(KafkaClients clients, EventCodec codec) {
    this.clients = clients;
    this.codec = codec;
    this.thread = new Thread(this::run, "rspar-unwanted-requests");
    thread.setDaemon(true);
  }

  public void start() {
    thread.start();
  }

  boolean contains(String requestId) {
    return ids.contains(requestId);
  }

  private void run() {
    while (!stopping) {
      try (KafkaConsumer<byte[], byte[]> reader = clients.reader()) {
        seek(reader);
        while (!stopping) {
          reader.poll(POLL).forEach(this::take);
        }
      } catch (InterruptException e) {
        return;
      } catch (KafkaException e) {
        LOG.info("Results cannot be followed, next try in {}: {}", RECONNECT, e.getMessage());
        pause();
      }
    }
  }

  private static void seek(KafkaConsumer<byte[], byte[]> reader) {
    List<TopicPartition> partitions =
        Stream.of(Topic.PRUNING_RESULTS, Topic.PRUNING_CANCELLATIONS)
            .flatMap(
                topic ->
                    IntStream.range(0, topic.partitions())
                        .mapToObj(p -> new TopicPartition(topic.topicName(), p)))
            .toList();
    reader.assign(partitions);
    long from = Instant.now().minus(LOOK_BACK).toEpochMilli();
    // The ends first: what is published between the two questions lies behind them.
    Map<TopicPartition, Long> ends = reader.endOffsets(partitions);
    Map<TopicPartition, OffsetAndTimestamp> starts =
        reader.offsetsForTimes(partitions.stream().collect(Collectors.toMap(p -> p, p -> from)));
    partitions.forEach(
        partition -> {
          OffsetAndTimestamp start = starts.get(partition);
          reader.seek(partition, start == null ? ends.get(partition) : start.offset());
        });
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    try {
      String id = Topic.requestIdOf(codec.decode(record.topic(), record.headers(), record.value()));
      ids.add(id, record.timestamp());
    } catch (UnreadableEventException e) {
      LOG.debug("A record of {} cannot be read", record.topic(), e);
    }
  }

  private void pause() {
    try {
      Thread.sleep(RECONNECT.toMillis());
    } catch (InterruptedException e) {
      stopping = true;
    }
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join(POLL.multipliedBy(4).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
