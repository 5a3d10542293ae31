package io.rspar.kit.request;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Turns a section of a checked request into the event's record of the same keys; what is not
 * written takes the event schema's default.
 */
final class EventRecords {
  private EventRecords() {}

  static <T> T of(Class<T> type, JsonNode section) {
    Schema schema = SpecificData.get().getSchema(type);
    SpecificRecordBase record = (SpecificRecordBase) SpecificData.newInstance(type, schema);
    for (Schema.Field field : schema.getFields()) {
      JsonNode written = section.path(field.name());
      if (!written.isMissingNode()) {
        record.put(field.pos(), value(written, field.schema()));
      } else if (field.hasDefaultValue()) {
        record.put(
            field.pos(),
            SpecificData.get().deepCopy(field.schema(), SpecificData.get().getDefaultValue(field)));
      }
    }
    return type.cast(record);
  }

  /** The constant of an enumeration that a request writes in lower case with hyphens. */
  static <E extends Enum<E>> E constant(Class<E> type, String written) {
    return Enum.valueOf(type, written.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  private static Object value(JsonNode written, Schema schema) {
    return switch (schema.getType()) {
      case STRING -> written.textValue();
      case BOOLEAN -> written.booleanValue();
      case INT -> written.intValue();
      case LONG -> written.longValue();
      case FLOAT -> written.floatValue();
      case DOUBLE -> written.doubleValue();
      case ENUM -> constantOf(SpecificData.get().getClass(schema), written.textValue());
      case ARRAY -> {
        List<Object> items = new ArrayList<>();
        written.forEach(item -> items.add(value(item, schema.getElementType())));
        yield items;
      }
      case RECORD -> of((Class<?>) SpecificData.get().getClass(schema), written);
      case UNION -> value(written, schema.getTypes().get(1)); // null, or what is written
      default ->
          throw new IllegalArgumentException("A request cannot write a " + schema.getFullName());
    };
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Object constantOf(Class<?> type, String written) {
    return constant((Class) type, written);
  }
}
