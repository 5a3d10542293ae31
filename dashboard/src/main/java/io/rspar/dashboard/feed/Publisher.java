package io.rspar.dashboard.feed;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.rspar.dashboard.board.DeadLetter;
import io.rspar.events.CancellationRequested;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.EventHeaders;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.Outbox;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.trace.Tracing;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Publishes what a user asks for. Every method returns when the broker has it and throws a
 * KafkaException if it does not take it.
 */
public final class Publisher {
  /** Header of a record that was sent again: coordinates of the dead letter that it was. */
  static final String REDRIVEN = "rspar-redriven";

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static final Set<String> EXPLANATIONS =
      Set.of(
          EventHeaders.REASON,
          EventHeaders.MESSAGE,
          EventHeaders.ATTEMPTS,
          EventHeaders.ORIGIN_TOPIC,
          EventHeaders.ORIGIN_PARTITION,
          EventHeaders.ORIGIN_OFFSET);

  private final KafkaClients clients;
  private final Tracing tracing;
  private final Outbox outbox;
  private final Clock clock;

  /**
   * @param tracing of the dashboard; its owner closes it
   */
  public Publisher(KafkaClients clients, EventCodec codec, Clock clock, Tracing tracing) {
    this.clients = clients;
    this.tracing = tracing;
    this.outbox = new Outbox(codec, "/rspar/dashboard", clock);
    this.clock = clock;
  }

  public void submit(PruningRequest request) {
    publish(Outgoing.of(Topic.PRUNING_REQUESTS, new PruningRequested(request)));
  }

  public void cancel(String requestId) {
    publish(
        Outgoing.of(
            Topic.PRUNING_CANCELLATIONS, new CancellationRequested(requestId, clock.instant())));
  }

  private void publish(Outgoing outgoing) {
    Span span = tracing.send(outgoing.topic().topicName(), Topic.requestIdOf(outgoing.event()));
    try {
      send(outbox.record(outgoing, Context.root().with(span)));
    } catch (KafkaException e) {
      span.setStatus(StatusCode.ERROR);
      throw e;
    } finally {
      span.end();
    }
  }

  /**
   * Sends a dead letter to the topic it came from, unchanged but for its headers.
   *
   * @return whether the dead letter is still there
   */
  public boolean redrive(DeadLetter letter) {
    Optional<ConsumerRecord<byte[], byte[]>> found = find(letter);
    found.ifPresent(record -> send(again(letter, record)));
    return found.isPresent();
  }

  private Optional<ConsumerRecord<byte[], byte[]>> find(DeadLetter letter) {
    TopicPartition partition = new TopicPartition(letter.topic(), letter.partition());
    try (KafkaConsumer<byte[], byte[]> reader = clients.reader("rspar-dashboard")) {
      reader.assign(List.of(partition));
      reader.seek(partition, letter.offset());
      return reader.poll(LIMIT).records(partition).stream()
          .filter(record -> record.offset() == letter.offset())
          .findFirst();
    }
  }

  private static ProducerRecord<byte[], byte[]> again(
      DeadLetter letter, ConsumerRecord<byte[], byte[]> record) {
    RecordHeaders headers = new RecordHeaders(record.headers().toArray());
    EXPLANATIONS.forEach(headers::remove);
    headers.remove(REDRIVEN);
    headers.add(REDRIVEN, letter.coordinates().getBytes(StandardCharsets.UTF_8));
    return new ProducerRecord<>(letter.origin(), null, record.key(), record.value(), headers);
  }

  private void send(ProducerRecord<byte[], byte[]> record) {
    try (KafkaProducer<byte[], byte[]> producer = clients.producer(LIMIT)) {
      producer.send(record).get();
    } catch (ExecutionException e) {
      throw new KafkaException("the broker did not take it: " + e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted before the broker took it", e);
    }
  }
}
