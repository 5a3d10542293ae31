package io.rspar.events.serde;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/** Events with every field set to a seeded random value; strings include non-ASCII characters. */
final class SampleEvents {
  private final Random random;

  SampleEvents(long seed) {
    this.random = new Random(seed);
  }

  <T extends SpecificRecord> T next(Class<T> type) {
    return type.cast(value(EventSchemas.schemaOf(type)));
  }

  private Object value(Schema schema) {
    return switch (schema.getType()) {
      case RECORD -> {
        SpecificRecord event = (SpecificRecord) SpecificData.newInstance(classOf(schema), schema);
        schema.getFields().forEach(field -> event.put(field.pos(), value(field.schema())));
        yield event;
      }
      case ENUM ->
          classOf(schema).getEnumConstants()[random.nextInt(schema.getEnumSymbols().size())];
      case ARRAY -> {
        List<Object> items = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          items.add(value(schema.getElementType()));
        }
        yield items;
      }
      case MAP -> {
        Map<String, Object> entries = new HashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          entries.put("key-" + i, value(schema.getValueType()));
        }
        yield entries;
      }
      case UNION -> value(schema.getTypes().get(random.nextInt(schema.getTypes().size())));
      case NULL -> null;
      case STRING -> "µ-" + random.nextLong();
      case INT -> random.nextInt();
      case LONG ->
          schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
              ? Instant.ofEpochMilli(random.nextInt())
              : (Object) random.nextLong();
      case FLOAT -> random.nextFloat();
      case DOUBLE -> random.nextDouble();
      case BOOLEAN -> random.nextBoolean();
      default -> throw new IllegalArgumentException("No sample of " + schema);
    };
  }

  private static Class<?> classOf(Schema schema) {
    return SpecificData.get().getClass(schema);
  }
}
