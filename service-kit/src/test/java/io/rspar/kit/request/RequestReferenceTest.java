package io.rspar.kit.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** docs/request.md is written from the schema: {@code -Drspar.write-docs=true} writes it anew. */
class RequestReferenceTest {
  private static final Path FILE =
      Path.of(System.getProperty("basedir", "."), "../docs/request.md").normalize();

  @Test
  void theReferenceSaysWhatTheSchemaSays() throws IOException {
    String reference = reference();
    if (Boolean.getBoolean("rspar.write-docs")) {
      Files.writeString(FILE, reference);
    }
    assertThat(FILE)
        .as("write it anew: mvn -pl service-kit -am test -Drspar.write-docs=true")
        .hasContent(reference);
  }

  private static String reference() {
    JsonNode schema = new RequestSchema().document();
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # The request file

        %s Everything that is not marked required may be left out and then has its default.
        The same as a JSON schema: `service-kit/src/main/resources/io/rspar/kit/request/request.schema.json`.

        """
            .formatted(schema.get("description").asText()));
    text.append("| key | values | default | meaning |\n|---|---|---|---|\n");
    rows(schema, "", text);
    JsonNode slice = schema.at("/$defs/slice/anyOf/2");
    text.append(
        """

        A role's examples (`data.calibration`, `data.train`, `data.validation`, `data.test`) are a file, a list of files, or

        | key | values | default | meaning |
        |---|---|---|---|
        """);
    rows(slice, "", text);
    return text.toString();
  }

  private static void rows(JsonNode schema, String path, StringBuilder text) {
    schema
        .path("properties")
        .fields()
        .forEachRemaining(
            property -> {
              JsonNode node = property.getValue();
              boolean required =
                  schema.path("required").toString().contains("\"" + property.getKey() + "\"");
              String value = node.has("default") ? "`" + plain(node.get("default")) + "`" : "";
              text.append(
                  "| `%s%s` | %s | %s | %s |\n"
                      .formatted(
                          path,
                          property.getKey(),
                          values(node),
                          required ? "required" : value,
                          node.path("description").asText().replace("|", "\\|")));
              rows(node, path + property.getKey() + ".", text);
            });
  }

  private static String plain(JsonNode value) {
    return value.isTextual() ? value.textValue() : value.toString();
  }

  private static String values(JsonNode node) {
    if (node.has("enum")) {
      StringBuilder all = new StringBuilder();
      node.get("enum").forEach(v -> all.append(all.isEmpty() ? "" : ", ").append(v.textValue()));
      return all.toString();
    }
    if (node.has("$ref")) {
      return "examples";
    }
    return switch (node.path("type").asText()) {
      case "object" -> "section";
      case "array" -> "list of " + node.at("/items/type").asText() + "s";
      case "" -> "number or text";
      default -> node.get("type").asText();
    };
  }
}
