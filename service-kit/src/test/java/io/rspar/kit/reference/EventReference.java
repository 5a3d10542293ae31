package io.rspar.kit.reference;

import io.rspar.events.topic.Topic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.JsonProperties;
import org.apache.avro.Schema;

/** The events for people: topics, headers, and every field of every type, as Markdown. */
final class EventReference {
  private final StringBuilder text = new StringBuilder();
  private final Map<String, Schema> parts = new LinkedHashMap<>();

  private EventReference() {}

  static String markdown() {
    return new EventReference().write();
  }

  private String write() {
    text.append(
        """
        # Events

        What the topics carry. The same for tools: [asyncapi.yaml](asyncapi.yaml), an AsyncAPI 3 document; the Avro
        schemas are in `schemas/src/main/avro`. [Operations](operations.md#topics) says who writes what, how values are
        encoded, and how a producer in another language publishes.

        ## Topics

        | topic | events | key | consumed by | kept |
        |---|---|---|---|---|
        """);
    for (Topic topic : Topic.values()) {
      text.append(
          "| `%s` | %s | %s | %s | %s |\n"
              .formatted(
                  topic.topicName(),
                  Catalogue.events(topic).stream()
                      .map(EventReference::link)
                      .collect(Collectors.joining(", ")),
                  Catalogue.keyOf(topic),
                  topic == Topic.PRUNING_STATUS
                      ? "users"
                      : String.join(", ", Catalogue.readers(topic))
                          + (Catalogue.isOutput(topic) ? ", users" : ""),
                  topic.cleanup() == Topic.Cleanup.COMPACT
                      ? "compacted"
                      : topic.retention().toDays() + " days"));
    }
    text.append("\n## Headers\n\n| header | meaning |\n|---|---|\n");
    Catalogue.HEADERS.forEach((name, meaning) -> row("`" + name + "`", meaning));
    Catalogue.events().forEach(this::section);
    text.append("\n## Parts of events\n");
    // Writing one may name others.
    List<String> written = new ArrayList<>();
    while (written.size() < parts.size()) {
      for (Schema part : List.copyOf(parts.values())) {
        if (!written.contains(part.getName())) {
          written.add(part.getName());
          part(part);
        }
      }
    }
    return text.toString();
  }

  private void section(Schema event) {
    text.append("\n## %s\n\n%s\n\n".formatted(event.getName(), event.getDoc()));
    fields(event);
  }

  private void part(Schema part) {
    text.append("\n### %s\n\n%s\n".formatted(part.getName(), part.getDoc()));
    if (part.getType() == Schema.Type.ENUM) {
      text.append(
          "\n%s.\n"
              .formatted(
                  part.getEnumSymbols().stream()
                      .map(symbol -> "`" + symbol + "`")
                      .collect(Collectors.joining(", "))));
      return;
    }
    text.append('\n');
    fields(part);
  }

  private void fields(Schema record) {
    text.append("| field | type | default | meaning |\n|---|---|---|---|\n");
    for (Schema.Field field : record.getFields()) {
      row(
          "`" + field.name() + "`",
          type(field.schema()),
          field.hasDefaultValue() ? defaultOf(field) : "required",
          field.doc());
    }
  }

  private void row(String... cells) {
    text.append('|');
    for (String cell : cells) {
      text.append(' ').append(cell.replace("|", "\\|").replace("\n", " ")).append(" |");
    }
    text.append('\n');
  }

  private static String defaultOf(Schema.Field field) {
    Object value = field.defaultVal();
    if (value == JsonProperties.NULL_VALUE) {
      return "`null`";
    }
    return field.schema().getType() == Schema.Type.RECORD ? "its own" : "`" + value + "`";
  }

  private String type(Schema schema) {
    return switch (schema.getType()) {
      case RECORD, ENUM -> {
        parts.putIfAbsent(schema.getName(), schema);
        yield link(schema);
      }
      case ARRAY -> "list of " + type(schema.getElementType());
      case MAP -> "map of " + type(schema.getValueType());
      case UNION ->
          schema.getTypes().stream()
              .map(branch -> branch.getType() == Schema.Type.NULL ? "null" : type(branch))
              .sorted((a, b) -> Boolean.compare(a.equals("null"), b.equals("null")))
              .collect(Collectors.joining(" or "));
      case LONG -> schema.getLogicalType() == null ? "long" : schema.getLogicalType().getName();
      default -> schema.getType().getName();
    };
  }

  private static String link(Schema schema) {
    return "[%s](#%s)".formatted(schema.getName(), schema.getName().toLowerCase(Locale.ROOT));
  }
}
