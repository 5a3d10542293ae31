package io.rspar.kit.reference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.rspar.events.topic.Topic;
import java.util.Set;
import java.util.TreeMap;
import org.apache.avro.Schema;

/**
 * The topics as an AsyncAPI document, with R-SPAR as the application: it receives what users
 * publish, sends what they read, and does both with the events between its services.
 *
 * @see <a href="https://www.asyncapi.com/docs/reference/specification/v3.0.0">AsyncAPI 3.0.0</a>
 */
final class AsyncApiDocument {
  private static final String BINDINGS = "0.5.0";
  private static final String AVRO = "application/vnd.apache.avro+yaml;version=1.9.0";

  /** Keys whose values are numbers in the bindings. */
  private static final Set<String> NUMBERS = Set.of("retention.ms", "max.message.bytes");

  private static final ObjectMapper JSON = new ObjectMapper();

  private AsyncApiDocument() {}

  static String yaml() throws JsonProcessingException {
    YAMLFactory yaml =
        YAMLFactory.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();
    return "# Written from the topic catalogue and the schemas; a test keeps it so.\n"
        + new ObjectMapper(yaml).writeValueAsString(document());
  }

  static ObjectNode document() throws JsonProcessingException {
    ObjectNode document = JSON.createObjectNode().put("asyncapi", "3.0.0");
    document
        .putObject("info")
        .put("title", "R-SPAR")
        .put("version", "0.1.0")
        .put(
            "description", "Structured neural-network pruning as an event-driven service on Kafka.")
        .putObject("license")
        .put("name", "Apache-2.0")
        .put("url", "https://www.apache.org/licenses/LICENSE-2.0");
    document.put("defaultContentType", "application/avro");
    ObjectNode channels = document.putObject("channels");
    ObjectNode operations = document.putObject("operations");
    for (Topic topic : Topic.values()) {
      channels.set(topic.topicName(), channel(topic));
      if (!Catalogue.isOutput(topic)) {
        operation(operations, topic, "receive");
      }
      if (!Catalogue.isInput(topic)) {
        operation(operations, topic, "send");
      }
    }
    ObjectNode components = document.putObject("components");
    ObjectNode messages = components.putObject("messages");
    for (Schema event : Catalogue.events()) {
      messages.set(event.getName(), message(event));
    }
    components.putObject("schemas").set("headers", headers());
    return document;
  }

  private static ObjectNode channel(Topic topic) {
    ObjectNode channel = JSON.createObjectNode().put("address", topic.topicName());
    channel.put(
        "description",
        "Key: %s. What cannot be processed goes to %s, unchanged but for headers that say why."
            .formatted(Catalogue.keyOf(topic), topic.deadLetterName()));
    ObjectNode messages = channel.putObject("messages");
    for (Schema event : Catalogue.events(topic)) {
      messages.putObject(event.getName()).put("$ref", "#/components/messages/" + event.getName());
    }
    ObjectNode kafka = channel.putObject("bindings").putObject("kafka");
    kafka.put("topic", topic.topicName()).put("partitions", topic.partitions());
    ObjectNode configuration = kafka.putObject("topicConfiguration");
    new TreeMap<>(topic.configuration())
        .forEach(
            (name, value) -> {
              if (name.equals("cleanup.policy")) {
                configuration.putArray(name).add(value);
              } else if (NUMBERS.contains(name)) {
                configuration.put(name, Long.parseLong(value));
              } else {
                throw new IllegalStateException("Say how the bindings spell " + name);
              }
            });
    kafka.put("bindingVersion", BINDINGS);
    return channel;
  }

  private static void operation(ObjectNode operations, Topic topic, String action) {
    ObjectNode operation = operations.putObject(action + "-" + topic.topicName());
    operation.put("action", action);
    operation.putObject("channel").put("$ref", "#/channels/" + topic.topicName());
    if (action.equals("receive")) {
      operation.put(
          "summary", "Consumed by " + String.join(" and ", Catalogue.readers(topic)) + ".");
    }
    ArrayNode messages = operation.putArray("messages");
    for (Schema event : Catalogue.events(topic)) {
      messages
          .addObject()
          .put("$ref", "#/channels/%s/messages/%s".formatted(topic.topicName(), event.getName()));
    }
  }

  private static ObjectNode message(Schema event) throws JsonProcessingException {
    ObjectNode message = JSON.createObjectNode();
    message.put("name", event.getFullName()).put("title", event.getName());
    message.put("summary", event.getDoc()).put("contentType", "application/avro");
    message.putObject("headers").put("$ref", "#/components/schemas/headers");
    message
        .putObject("payload")
        .put("schemaFormat", AVRO)
        .set("schema", JSON.readTree(event.toString()));
    ObjectNode kafka = message.putObject("bindings").putObject("kafka");
    kafka.putObject("key").put("type", "string");
    kafka.put("bindingVersion", BINDINGS);
    return message;
  }

  private static ObjectNode headers() {
    ObjectNode headers = JSON.createObjectNode().put("type", "object");
    ObjectNode properties = headers.putObject("properties");
    Catalogue.HEADERS.forEach(
        (name, meaning) ->
            properties.putObject(name).put("type", "string").put("description", meaning));
    return headers;
  }
}
