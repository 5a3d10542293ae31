package io.rspar.kit.event;

import io.opentelemetry.context.Context;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Turns what a decider wants published into records, encoded and described. */
public final class Outbox {
  private final EventCodec codec;
  private final String source;
  private final Clock clock;

  /**
   * @param source who publishes, as a CloudEvents source
   */
  public Outbox(EventCodec codec, String source, Clock clock) {
    this.codec = codec;
    this.source = source;
    this.clock = clock;
  }

  /** An event that no record caused, such as a request. */
  public ProducerRecord<byte[], byte[]> record(Outgoing outgoing) {
    return record(outgoing, Context.root());
  }

  /**
   * An event that no record caused.
   *
   * @param trace of the span that publishes it; the root for none
   */
  public ProducerRecord<byte[], byte[]> record(Outgoing outgoing, Context trace) {
    return encode(outgoing, UUID.randomUUID().toString(), trace);
  }

  /**
   * The events that a job's record caused. Their ids derive from that record's coordinates, so that
   * work done again yields the same ids.
   */
  List<ProducerRecord<byte[], byte[]>> records(Job job, List<Outgoing> events) {
    ConsumerRecord<byte[], byte[]> cause = job.record();
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>(events.size());
    for (Outgoing outgoing : events) {
      String name =
          "%s/%s/%d/%d/%d"
              .formatted(source, cause.topic(), cause.partition(), cause.offset(), records.size());
      String id = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
      records.add(encode(outgoing, id, job.trace()));
    }
    return records;
  }

  /** A record that could not be processed, unchanged but for headers that say why. */
  ProducerRecord<byte[], byte[]> deadLetter(
      ConsumerRecord<byte[], byte[]> origin, Topic topic, Failure failure) {
    Headers headers = new RecordHeaders(origin.headers().toArray());
    EventHeaders.explain(headers, failure, origin);
    return new ProducerRecord<>(
        topic.deadLetterName(), null, origin.key(), origin.value(), headers);
  }

  private ProducerRecord<byte[], byte[]> encode(Outgoing outgoing, String id, Context trace) {
    Headers headers = new RecordHeaders();
    EventHeaders.describe(headers, id, source, clock.instant(), trace, outgoing.event());
    byte[] value = codec.encode(outgoing.topic(), headers, outgoing.event());
    return new ProducerRecord<>(
        outgoing.topic().topicName(),
        outgoing.topic().partitionOf(outgoing.event()).orElse(null),
        outgoing.key().getBytes(StandardCharsets.UTF_8),
        value,
        headers);
  }
}
