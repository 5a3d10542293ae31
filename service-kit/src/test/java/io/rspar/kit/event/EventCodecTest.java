package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventCodecTest {

  @Test
  void singleObjectNeedsNoRegistry() {
    EventCodec codec = EventCodec.of(EventEncoding.SINGLE_OBJECT, Map.of());
    var event = TestEvents.proposed("r", 1);
    byte[] bytes = codec.encode(Topic.PRUNING_CANDIDATES, new RecordHeaders(), event);
    assertThat(codec.decode("pruning-candidates", new RecordHeaders(), bytes)).isEqualTo(event);
  }

  @Test
  void apicurioNeedsItsUrl() {
    assertThatThrownBy(() -> EventCodec.of(EventEncoding.APICURIO, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("apicurio.registry.url");
  }

  @Test
  void apicurioIsBuiltFromItsPropertiesAndRefusesForeignBytes() {
    try (EventCodec codec =
        EventCodec.of(
            EventEncoding.APICURIO,
            Map.of("apicurio.registry.url", "http://localhost:1/apis/registry/v3"))) {
      assertThatThrownBy(
              () -> codec.decode("pruning-candidates", new RecordHeaders(), "no event".getBytes()))
          .isInstanceOf(UnreadableEventException.class);
    }
  }

  /** A registry that is away says nothing about the record: it must not become a dead letter. */
  @Test
  void anUnreachableRegistryDoesNotMakeARecordUnreadable() {
    assertNoAnswer("http://localhost:1/apis/registry/v3");
  }

  /** Nor does a proxy before it that is busy, or wants a password that is not given. */
  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 429, 500, 502, 503})
  void aProxyThatAnswersInItsPlaceDoesNotEither(int status) throws Exception {
    HttpServer proxy =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    proxy.createContext(
        "/",
        exchange -> {
          byte[] page = "<html>not now</html>".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "text/html");
          exchange.sendResponseHeaders(status, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    proxy.start();
    try {
      assertNoAnswer(
          "http://localhost:%d/apis/registry/v3".formatted(proxy.getAddress().getPort()));
    } finally {
      proxy.stop(0);
    }
  }

  private static void assertNoAnswer(String url) {
    Map<String, String> registry = Map.of("apicurio.registry.url", url);
    byte[] written = new byte[] {0, 0, 0, 0, 7, 2};
    try (EventCodec codec = EventCodec.of(EventEncoding.APICURIO, registry)) {
      assertThatThrownBy(() -> codec.decode("pruning-candidates", new RecordHeaders(), written))
          .isInstanceOf(RegistryUnavailableException.class);
      assertThatThrownBy(
              () ->
                  codec.encode(
                      Topic.PRUNING_CANDIDATES, new RecordHeaders(), TestEvents.proposed("r", 1)))
          .isInstanceOf(RegistryUnavailableException.class);
    }
  }
}
