package io.rspar.kit.event;

import io.opentelemetry.context.Context;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningRequest;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.Failure;
import io.rspar.kit.trace.TraceHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * The headers of our records: CloudEvents 1.0 attributes in its Kafka binding (binary mode) plus
 * the request and its priority as extension attributes, and the W3C trace context; on dead letters
 * also why and whence.
 */
public final class EventHeaders {
  /** The request that an event belongs to. */
  public static final String CORRELATION = "ce_correlationid";

  public static final String ID = "ce_id";
  public static final String TYPE = "ce_type";
  public static final String SOURCE = "ce_source";
  public static final String TIME = "ce_time";
  public static final String SPEC_VERSION = "ce_specversion";
  public static final String CONTENT_TYPE = "content-type";

  /** The request's priority, a whole number, as an extension attribute; 0 where it is missing. */
  public static final String PRIORITY = "ce_priority";

  /** A {@link FailureReason}. */
  public static final String REASON = "rspar-reason";

  public static final String MESSAGE = "rspar-message";
  public static final String ATTEMPTS = "rspar-attempts";
  public static final String ORIGIN_TOPIC = "rspar-origin-topic";
  public static final String ORIGIN_PARTITION = "rspar-origin-partition";
  public static final String ORIGIN_OFFSET = "rspar-origin-offset";

  private EventHeaders() {}

  /**
   * Describes an event.
   *
   * @param id unique per source, and the same when the same work is published again
   * @param source a URI reference of the publisher
   * @param trace of the span that publishes the event
   */
  static void describe(
      Headers headers,
      String id,
      String source,
      Instant time,
      Context trace,
      SpecificRecord event) {
    put(headers, SPEC_VERSION, "1.0");
    put(headers, ID, id);
    put(headers, TYPE, event.getSchema().getFullName());
    put(headers, SOURCE, source);
    put(headers, TIME, time.toString());
    put(headers, CORRELATION, Topic.requestIdOf(event));
    put(headers, CONTENT_TYPE, "application/avro");
    TraceHeaders.write(trace, headers);
    priorityOf(event).ifPresent(priority -> put(headers, PRIORITY, Integer.toString(priority)));
  }

  /** Adds to a dead letter's copied headers why it is one and where it came from. */
  static void explain(Headers headers, Failure failure, ConsumerRecord<byte[], byte[]> origin) {
    put(headers, REASON, failure.reason().name());
    put(headers, MESSAGE, failure.message());
    put(headers, ATTEMPTS, Integer.toString(failure.attempts()));
    put(headers, ORIGIN_TOPIC, origin.topic());
    put(headers, ORIGIN_PARTITION, Integer.toString(origin.partition()));
    put(headers, ORIGIN_OFFSET, Long.toString(origin.offset()));
  }

  /** The priority of an event that carries its request. */
  private static Optional<Integer> priorityOf(SpecificRecord event) {
    Schema.Field field = event.getSchema().getField("request");
    return field != null && event.get(field.pos()) instanceof PruningRequest request
        ? Optional.of(request.getPriority())
        : Optional.empty();
  }

  /** The priority that headers tell; 0 where they tell none. */
  static int priority(Headers headers) {
    try {
      return text(headers, PRIORITY).map(String::strip).map(Integer::parseInt).orElse(0);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** The last header of this name as text. */
  public static Optional<String> text(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    return header == null || header.value() == null
        ? Optional.empty()
        : Optional.of(new String(header.value(), StandardCharsets.UTF_8));
  }

  private static void put(Headers headers, String name, String value) {
    headers.remove(name).add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
