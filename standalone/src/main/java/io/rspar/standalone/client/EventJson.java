package io.rspar.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;

/** Events as JSON for programs: the schema's field names, times in ISO 8601. */
public final class EventJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private EventJson() {}

  /** An event as one object; its type stands in {@code type}. */
  public static ObjectNode of(SpecificRecord event) {
    ObjectNode object = MAPPER.createObjectNode();
    object.put("type", event.getSchema().getName());
    putFields(object, event);
    return object;
  }

  private static void putFields(ObjectNode object, SpecificRecord record) {
    for (Schema.Field field : record.getSchema().getFields()) {
      object.set(field.name(), node(record.get(field.pos())));
    }
  }

  private static JsonNode node(Object value) {
    if (value instanceof SpecificRecord record) {
      ObjectNode object = MAPPER.createObjectNode();
      putFields(object, record);
      return object;
    }
    if (value instanceof List<?> list) {
      ArrayNode array = MAPPER.createArrayNode();
      list.forEach(item -> array.add(node(item)));
      return array;
    }
    if (value instanceof Instant || value instanceof Enum<?>) {
      return MAPPER.getNodeFactory().textNode(value.toString());
    }
    return MAPPER.valueToTree(value);
  }
}
