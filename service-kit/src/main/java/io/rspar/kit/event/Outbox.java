package io.rspar.kit.event;

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

  /** An event that no record caused, such as a request or a progress report. */
  public ProducerRecord<byte[], byte[]> record(Outgoing outgoing) {
    return encode(outgoing, UUID.randomUUID().toString(), TraceParent.begin());
  }

  /**
   * The events that a record caused. Their ids derive from that record's coordinates, so that work
   * done again yields the same ids.
   */
  List<ProducerRecord<byte[], byte[]>> records(
      ConsumerRecord<byte[], byte[]> cause, List<Outgoing> events) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>(events.size());
    TraceParent trace = EventHeaders.trace(cause.headers());
    for (Outgoing outgoing : events) {
      String name =
          "%s/%s/%d/%d/%d"
              .formatted(source, cause.topic(), cause.partition(), cause.offset(), records.size());
      String id = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
      records.add(encode(outgoing, id, trace.child()));
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

  private ProducerRecord<byte[], byte[]> encode(Outgoing outgoing, String id, TraceParent trace) {
    Headers headers = new RecordHeaders();
    EventHeaders.describe(headers, id, source, clock.instant(), trace, outgoing.event());
    byte[] value = codec.encode(outgoing.topic(), headers, outgoing.event());
    return new ProducerRecord<>(
        outgoing.topic().topicName(),
        null,
        outgoing.key().getBytes(StandardCharsets.UTF_8),
        value,
        headers);
  }
}
