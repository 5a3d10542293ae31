package io.rspar.kit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.rspar.events.PruningRequested;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.Outbox;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.request.RequestFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;

/**
 * docs/events.md and docs/asyncapi.yaml are written from the topics and schemas: {@code
 * -Drspar.write-docs=true} writes them anew.
 */
class EventReferenceTest {
  private static final Path DOCS =
      Path.of(System.getProperty("basedir", "."), "../docs").normalize();

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  @Test
  void theReferenceSaysWhatTheSchemasSay() throws Exception {
    assertWritten("events.md", EventReference.markdown());
  }

  @Test
  void theAsyncApiDocumentSaysWhatTheSchemasSay() throws Exception {
    assertWritten("asyncapi.yaml", AsyncApiDocument.yaml());
    assertThat(YAML.readTree(DOCS.resolve("asyncapi.yaml").toFile()))
        .as("YAML means what was meant")
        .hasToString(AsyncApiDocument.document().toString());
  }

  private static void assertWritten(String file, String content) throws IOException {
    if (Boolean.getBoolean("rspar.write-docs")) {
      Files.writeString(DOCS.resolve(file), content);
    }
    assertThat(DOCS.resolve(file))
        .as("write it anew: mvn -pl service-kit -am test -DargLine=-Drspar.write-docs=true")
        .hasContent(content);
  }

  @Test
  void theDocumentIsValidAsyncApi3() throws Exception {
    Schema schema = asyncApi();
    JsonNode document = YAML.readTree(DOCS.resolve("asyncapi.yaml").toFile());
    assertThat(schema.validate(document)).isEmpty();

    ObjectNode broken = document.deepCopy();
    ((ObjectNode) broken.at("/channels/pruning-requests")).put("partitions", 24);
    assertThat(schema.validate(broken)).as("the schema tells right from wrong").isNotEmpty();
    ObjectNode noAvro = document.deepCopy();
    ((ObjectNode) noAvro.at("/components/messages/PruningFailed/payload/schema"))
        .put("type", "recrod name");
    assertThat(schema.validate(noAvro)).as("and looks into the Avro schemas").isNotEmpty();
  }

  /** AsyncAPI's schema cannot say that references have to lead somewhere. */
  @Test
  void everyReferenceLeadsSomewhere() throws Exception {
    JsonNode document = YAML.readTree(DOCS.resolve("asyncapi.yaml").toFile());
    assertThat(document.findValuesAsText("$ref"))
        .hasSizeGreaterThan(20)
        .allSatisfy(
            reference ->
                assertThat(document.at(reference.substring(1)).isMissingNode())
                    .as(reference)
                    .isFalse());
  }

  @Test
  void theHeadersAreThoseThatAreWritten() throws Exception {
    Span span =
        Span.wrap(
            SpanContext.create(
                "4bf92f3577b34da6a3ce929d0e0e4736",
                "00f067aa0ba902b7",
                TraceFlags.getSampled(),
                TraceState.getDefault()));
    var request =
        new RequestFile()
            .read(DOCS.resolve("../examples/fashion-mnist/request.yaml"), Instant.EPOCH);
    var record =
        new Outbox(EventCodec.singleObject(), "/test", Clock.systemUTC())
            .record(
                Outgoing.of(Topic.PRUNING_REQUESTS, new PruningRequested(request)),
                Context.root().with(span));
    assertThat(Arrays.stream(record.headers().toArray()).map(Header::key))
        .containsExactlyInAnyOrderElementsOf(Catalogue.HEADERS.keySet());
  }

  private static Schema asyncApi() throws IOException {
    try (InputStream in =
        EventReferenceTest.class.getResourceAsStream("asyncapi-3.0.0.schema.json")) {
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
          .getSchema(new ObjectMapper().readTree(in));
    }
  }
}
