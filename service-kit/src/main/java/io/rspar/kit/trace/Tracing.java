package io.rspar.kit.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Begins the spans of one service. Their attributes are ids and sizes, named as the semantic
 * conventions for messaging name them; never contents.
 *
 * <p>Switched off, a span is nothing but the context that its event came with: events carry on
 * whatever trace they are part of.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/messaging/kafka/">Semantic conventions
 *     for Kafka</a>
 */
public final class Tracing implements AutoCloseable {
  /** Tells nobody anything. */
  public static final Tracing OFF =
      new Tracing(TracerProvider.noop(), new RequestTraceIds(), () -> {});

  private static final String SCOPE = "io.rspar";

  /** What has not reached the collector by then is lost (seconds): it must not hold up a stop. */
  private static final long CLOSING_SECONDS = 10;

  private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("messaging.operation.type");
  private static final AttributeKey<String> OPERATION_NAME =
      AttributeKey.stringKey("messaging.operation.name");
  private static final AttributeKey<String> TOPIC =
      AttributeKey.stringKey("messaging.destination.name");
  private static final AttributeKey<String> PARTITION =
      AttributeKey.stringKey("messaging.destination.partition.id");
  private static final AttributeKey<Long> OFFSET = AttributeKey.longKey("messaging.kafka.offset");
  private static final AttributeKey<Long> BODY_BYTES =
      AttributeKey.longKey("messaging.message.body.size");
  private static final AttributeKey<String> REQUEST =
      AttributeKey.stringKey("messaging.message.conversation_id");

  private final Tracer tracer;
  private final RequestTraceIds ids;
  private final Runnable closing;

  private Tracing(TracerProvider provider, RequestTraceIds ids, Runnable closing) {
    this.tracer = provider.get(SCOPE);
    this.ids = ids;
    this.closing = closing;
  }

  /**
   * Exports by OTLP over HTTP if {@code OTEL_EXPORTER_OTLP_ENDPOINT} or {@code
   * OTEL_EXPORTER_OTLP_TRACES_ENDPOINT} is set, or the system property of that name in lower case
   * with dots; otherwise {@link #OFF}. OpenTelemetry's other variables hold as specified.
   *
   * @param service the service's name, where {@code OTEL_SERVICE_NAME} sets no other
   */
  public static Tracing ofEnvironment(String service) {
    if (Stream.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        .allMatch(name -> setting(name).isEmpty())) {
      return OFF;
    }
    RequestTraceIds ids = new RequestTraceIds();
    SdkTracerProvider provider =
        AutoConfiguredOpenTelemetrySdk.builder()
            .disableShutdownHook()
            .setServiceClassLoader(Tracing.class.getClassLoader())
            .addPropertiesSupplier(
                () ->
                    Map.of(
                        "otel.service.name", service,
                        "otel.exporter.otlp.protocol", "http/protobuf",
                        "otel.metrics.exporter", "none",
                        "otel.logs.exporter", "none"))
            .addTracerProviderCustomizer((builder, config) -> builder.setIdGenerator(ids))
            .build()
            .getOpenTelemetrySdk()
            .getSdkTracerProvider();
    return of(provider, ids);
  }

  /** Exports as the builder says. */
  public static Tracing of(SdkTracerProviderBuilder builder) {
    RequestTraceIds ids = new RequestTraceIds();
    return of(builder.setIdGenerator(ids).build(), ids);
  }

  private static Tracing of(SdkTracerProvider provider, RequestTraceIds ids) {
    return new Tracing(
        provider, ids, () -> provider.shutdown().join(CLOSING_SECONDS, TimeUnit.SECONDS));
  }

  private static Optional<String> setting(String variable) {
    String property = variable.toLowerCase(Locale.ROOT).replace('_', '.');
    return Stream.of(System.getProperty(property, ""), System.getenv().getOrDefault(variable, ""))
        .filter(value -> !value.isBlank())
        .findFirst();
  }

  /**
   * Begins the span of the work on a record, as a child of the one that published it.
   *
   * @param requestId the request that the record belongs to, where it says so
   */
  public Span process(ConsumerRecord<byte[], byte[]> record, Optional<String> requestId) {
    SpanBuilder span =
        span("process", record.topic(), SpanKind.CONSUMER)
            .setParent(TraceHeaders.read(record.headers()))
            .setAttribute(PARTITION, Integer.toString(record.partition()))
            .setAttribute(OFFSET, record.offset())
            .setAttribute(BODY_BYTES, (long) Math.max(0, record.serializedValueSize()));
    return begin(span, requestId);
  }

  /** Begins the span of the publishing of an event that no other has caused. */
  public Span send(String topic, String requestId) {
    return begin(span("send", topic, SpanKind.PRODUCER).setNoParent(), Optional.of(requestId));
  }

  private SpanBuilder span(String operation, String topic, SpanKind kind) {
    return tracer
        .spanBuilder(operation + " " + topic)
        .setSpanKind(kind)
        .setAttribute(SYSTEM, "kafka")
        .setAttribute(OPERATION, operation)
        .setAttribute(OPERATION_NAME, operation)
        .setAttribute(TOPIC, topic);
  }

  private Span begin(SpanBuilder span, Optional<String> requestId) {
    return requestId
        .map(id -> ids.within(id, () -> span.setAttribute(REQUEST, id).startSpan()))
        .orElseGet(span::startSpan);
  }

  /** Exports what has not been yet, and ends. */
  @Override
  public void close() {
    closing.run();
  }
}
