package io.rspar.kit.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TracingTest {
  private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final Tracing tracing =
      Tracing.of(
          SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(exporter)));

  private static ConsumerRecord<byte[], byte[]> record(Map<String, String> headers) {
    Headers all = new RecordHeaders();
    headers.forEach((name, value) -> all.add(name, value.getBytes(StandardCharsets.UTF_8)));
    return new ConsumerRecord<>(
        "pruning-candidates",
        5,
        17,
        0,
        TimestampType.CREATE_TIME,
        3,
        42,
        "r-0".getBytes(StandardCharsets.UTF_8),
        new byte[42],
        all,
        Optional.empty());
  }

  private static String written(Span span) {
    Headers headers = new RecordHeaders();
    TraceHeaders.write(Context.root().with(span), headers);
    return headers.lastHeader("traceparent") == null
        ? ""
        : new String(headers.lastHeader("traceparent").value(), StandardCharsets.UTF_8);
  }

  @Test
  void aJobIsAChildOfTheSpanThatPublishedItsRecord() {
    Span span = tracing.process(record(Map.of("traceparent", PARENT)), Optional.of("r"));
    String next = written(span);
    span.end();
    SpanData job = exporter.getFinishedSpanItems().get(0);
    assertThat(job.getTraceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(job.getParentSpanId()).isEqualTo("00f067aa0ba902b7");
    assertThat(job.getName()).isEqualTo("process pruning-candidates");
    assertThat(job.getKind()).isEqualTo(SpanKind.CONSUMER);
    assertThat(next).isEqualTo("00-" + job.getTraceId() + "-" + job.getSpanId() + "-01");
  }

  @Test
  void attributesAreIdsAndSizes() {
    tracing.process(record(Map.of("secret", "of the user")), Optional.of("r-7")).end();
    assertThat(exporter.getFinishedSpanItems().get(0).getAttributes().asMap().entrySet())
        .extracting(e -> e.getKey().getKey() + "=" + e.getValue())
        .containsExactlyInAnyOrder(
            "messaging.system=kafka",
            "messaging.operation.type=process",
            "messaging.operation.name=process",
            "messaging.destination.name=pruning-candidates",
            "messaging.destination.partition.id=5",
            "messaging.kafka.offset=17",
            "messaging.message.body.size=42",
            "messaging.message.conversation_id=r-7");
  }

  /** Whoever knows the request knows the trace, whatever began it. */
  @Test
  void whatHasNoParentBeginsInTheTraceOfItsRequest() {
    tracing.send("pruning-requests", "r-7").end();
    tracing.send("pruning-cancellations", "r-7").end();
    tracing.process(record(Map.of()), Optional.of("r-7")).end();
    tracing.send("pruning-requests", "r-8").end();
    List<SpanData> spans = exporter.getFinishedSpanItems();
    // printf r-7 | sha256sum | cut -c -32
    assertThat(spans.subList(0, 3))
        .extracting(SpanData::getTraceId)
        .containsOnly("fa06eea73cba8eae43401b6037eb4de5");
    assertThat(spans.get(3).getTraceId()).isNotEqualTo(spans.get(0).getTraceId());
    assertThat(spans).extracting(SpanData::getSpanId).doesNotHaveDuplicates();
    assertThat(spans).extracting(s -> s.getParentSpanContext().isValid()).containsOnly(false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
      })
  void aContextThatCannotBeUnderstoodIsNone(String header) {
    tracing.process(record(Map.of("traceparent", header)), Optional.of("r")).end();
    assertThat(exporter.getFinishedSpanItems().get(0).getParentSpanContext().isValid()).isFalse();
  }

  @Test
  void whatIsNotSampledIsHandedOnAndNotExported() {
    String unsampled = PARENT.replaceFirst("01$", "00");
    Span span = tracing.process(record(Map.of("traceparent", unsampled)), Optional.of("r"));
    assertThat(written(span)).startsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-").endsWith("-00");
    span.end();
    assertThat(exporter.getFinishedSpanItems()).isEmpty();
  }

  @Test
  void switchedOffItHandsOnWhatItWasGiven() {
    assertThat(Tracing.ofEnvironment("rspar-pruner")).isSameAs(Tracing.OFF);
    Span given = Tracing.OFF.process(record(Map.of("traceparent", PARENT)), Optional.of("r"));
    assertThat(written(given)).isEqualTo(PARENT);
    assertThat(written(Tracing.OFF.process(record(Map.of()), Optional.of("r")))).isEmpty();
    assertThat(written(Tracing.OFF.send("pruning-requests", "r"))).isEmpty();
  }

  @Test
  void aCollectorThatIsConfiguredGetsTheSpans() throws Exception {
    List<String> paths = new CopyOnWriteArrayList<>();
    List<byte[]> bodies = new CopyOnWriteArrayList<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/",
        exchange -> {
          boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
          try (InputStream in =
              zipped ? new GZIPInputStream(exchange.getRequestBody()) : exchange.getRequestBody()) {
            bodies.add(in.readAllBytes());
          }
          paths.add(exchange.getRequestURI().getPath());
          exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    String setting = "otel.exporter.otlp.endpoint";
    System.setProperty(setting, "http://localhost:" + collector.getAddress().getPort());
    try {
      Tracing exporting = Tracing.ofEnvironment("rspar-pruner");
      exporting.process(record(Map.of("traceparent", PARENT)), Optional.of("r-7")).end();
      exporting.close();
    } finally {
      System.clearProperty(setting);
      collector.stop(0);
    }
    assertThat(paths).containsExactly("/v1/traces");
    // Protocol buffers hold strings as they are.
    assertThat(new String(bodies.get(0), StandardCharsets.ISO_8859_1))
        .contains("rspar-pruner", "process pruning-candidates", "r-7")
        .contains(
            new String(
                HexFormat.of().parseHex("4bf92f3577b34da6a3ce929d0e0e4736"),
                StandardCharsets.ISO_8859_1));
  }
}
