package io.rspar.dashboard.feed;

import io.rspar.dashboard.board.Board;
import io.rspar.dashboard.board.DeadLetter;
import io.rspar.events.PruningStatus;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.EventHeaders;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.TopicSetup;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads every topic from its beginning into the board and follows it. Commits nothing: a restart
 * reads again. When the brokers go away it begins again once they are back, with what it has;
 * events that come twice change nothing.
 */
public final class TopicFeed implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TopicFeed.class);
  private static final String GROUP = "rspar-dashboard";
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration RECONNECT = Duration.ofSeconds(2);

  private final KafkaClients clients;
  private final EventCodec codec;
  private final Board board;
  private final Thread thread;
  private volatile boolean stopping;
  private volatile boolean caughtUp;
  private volatile KafkaConsumer<byte[], byte[]> reader;

  public TopicFeed(KafkaClients clients, EventCodec codec, Board board) {
    this.clients = clients;
    this.codec = codec;
    this.board = board;
    this.thread = new Thread(this::run, "rspar-dashboard-feed");
    this.thread.setDaemon(true);
  }

  public void start() {
    thread.start();
  }

  /** Whether it has read everything that was there when it began. */
  public boolean caughtUp() {
    return caughtUp;
  }

  /** Whether the reading thread lives. */
  public boolean alive() {
    return thread.isAlive();
  }

  private void run() {
    while (!stopping) {
      try {
        follow();
      } catch (WakeupException e) {
        return;
      } catch (KafkaException e) {
        LOG.warn("reading again in {}: {}", RECONNECT, e.getMessage());
        pause();
      }
    }
  }

  private void follow() {
    try (Admin admin = clients.admin()) {
      TopicSetup.ensure(admin, clients.settings().replicationFactor());
    }
    try (KafkaConsumer<byte[], byte[]> consumer = clients.reader(GROUP)) {
      reader = consumer;
      List<TopicPartition> partitions =
          Arrays.stream(Topic.values()).flatMap(TopicFeed::partitions).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      while (!stopping) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          take(record);
        }
        caughtUp =
            caughtUp || partitions.stream().allMatch(p -> consumer.position(p) >= ends.get(p));
      }
    }
  }

  private static Stream<TopicPartition> partitions(Topic topic) {
    return Stream.concat(
        IntStream.range(0, topic.partitions())
            .mapToObj(p -> new TopicPartition(topic.topicName(), p)),
        Stream.of(new TopicPartition(topic.deadLetterName(), 0)));
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    Instant at = Instant.ofEpochMilli(record.timestamp());
    if (Topic.named(record.topic()).isEmpty()) {
      board.add(deadLetter(record, at));
      return;
    }
    EventHeaders.text(record.headers(), Publisher.REDRIVEN)
        .ifPresent(coordinates -> board.redriven(coordinates, at));
    SpecificRecord event;
    try {
      event = codec.decode(record.topic(), record.headers(), record.value());
    } catch (UnreadableEventException e) {
      return; // the service that should have processed it makes it a dead letter
    }
    String requestId = Topic.requestIdOf(event);
    boolean summary = event instanceof PruningStatus && requestId.equals(key(record).orElse(""));
    board.fold(requestId, record.topic(), at, event, summary);
  }

  private static DeadLetter deadLetter(ConsumerRecord<byte[], byte[]> record, Instant at) {
    String origin =
        header(record, EventHeaders.ORIGIN_TOPIC).orElse(record.topic().replaceFirst("-dlq$", ""));
    boolean keyIsRequest =
        Topic.named(origin).filter(t -> t.key() == Topic.Key.REQUEST_ID).isPresent();
    return new DeadLetter(
        record.topic(),
        record.partition(),
        record.offset(),
        origin,
        header(record, EventHeaders.CORRELATION)
            .or(() -> keyIsRequest ? key(record) : Optional.empty())
            .orElse(null),
        header(record, EventHeaders.TYPE).orElse("unknown"),
        header(record, EventHeaders.REASON).orElse("unknown"),
        header(record, EventHeaders.MESSAGE).orElse(""),
        header(record, EventHeaders.ATTEMPTS).orElse(null),
        at,
        null);
  }

  private static Optional<String> header(ConsumerRecord<byte[], byte[]> record, String name) {
    return EventHeaders.text(record.headers(), name);
  }

  private static Optional<String> key(ConsumerRecord<byte[], byte[]> record) {
    return Optional.ofNullable(record.key()).map(k -> new String(k, StandardCharsets.UTF_8));
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
    KafkaConsumer<byte[], byte[]> open = reader;
    if (open != null) {
      open.wakeup();
    }
  }
}
