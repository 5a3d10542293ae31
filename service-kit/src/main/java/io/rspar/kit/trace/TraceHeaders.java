package io.rspar.kit.trace;

import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * The W3C trace context, {@code traceparent} and {@code tracestate}, in a record's headers.
 *
 * @see <a href="https://www.w3.org/TR/trace-context/">W3C Trace Context</a>
 */
public final class TraceHeaders {
  private static final TextMapPropagator W3C = W3CTraceContextPropagator.getInstance();

  private TraceHeaders() {}

  /** What headers say; the root where they say nothing, or nothing that can be understood. */
  public static Context read(Headers headers) {
    return W3C.extract(Context.root(), headers, AS_TEXT);
  }

  /** Says in headers which span an event comes from; nothing, where it comes from none. */
  public static void write(Context trace, Headers headers) {
    W3C.inject(
        trace,
        headers,
        (carrier, name, value) ->
            carrier.remove(name).add(name, value.getBytes(StandardCharsets.UTF_8)));
  }

  private static final TextMapGetter<Headers> AS_TEXT =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Headers headers) {
          List<Header> all = Arrays.asList(headers.toArray());
          return all.stream().map(Header::key).toList();
        }

        @Override
        public String get(Headers headers, String name) {
          Header header = headers.lastHeader(name);
          return header == null || header.value() == null
              ? null
              : new String(header.value(), StandardCharsets.UTF_8);
        }
      };
}
