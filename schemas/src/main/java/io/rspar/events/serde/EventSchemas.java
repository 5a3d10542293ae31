package io.rspar.events.serde;

import io.rspar.events.topic.Topic;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * The schemas that events may have been written with, by CRC-64-AVRO fingerprint: those of the
 * generated classes and the frozen ones of earlier versions ({@code history/<version>/<Event>.avsc}
 * beside this class).
 */
final class EventSchemas {

  /** The newest frozen version; each release that changes a schema adds one. */
  static final int NEWEST_FROZEN_VERSION = 1;

  /** A schema that events were written with, and the class that they are read as. */
  record Known(Schema writer, Class<? extends SpecificRecord> type) {
    Schema reader() {
      return schemaOf(type);
    }
  }

  private static final Map<Long, Known> BY_FINGERPRINT = collect();

  private EventSchemas() {}

  static Optional<Known> byFingerprint(long fingerprint) {
    return Optional.ofNullable(BY_FINGERPRINT.get(fingerprint));
  }

  static long fingerprint(Schema schema) {
    return SchemaNormalization.parsingFingerprint64(schema);
  }

  static Schema schemaOf(Class<? extends SpecificRecord> type) {
    return SpecificData.get().getSchema(type);
  }

  /** Every event class by name, in order of name. */
  static Map<String, Class<? extends SpecificRecord>> types() {
    Map<String, Class<? extends SpecificRecord>> types = new TreeMap<>();
    Arrays.stream(Topic.values())
        .flatMap(topic -> topic.eventTypes().stream())
        .forEach(type -> types.put(type.getSimpleName(), type));
    return types;
  }

  /** The frozen schema of an event, if that version had the event. */
  static Optional<Schema> frozen(int version, String event) {
    String resource = "history/%d/%s.avsc".formatted(version, event);
    try (InputStream in = EventSchemas.class.getResourceAsStream(resource)) {
      return in == null ? Optional.empty() : Optional.of(new Schema.Parser().parse(in));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + resource + " from the schemas jar", e);
    }
  }

  private static Map<Long, Known> collect() {
    Map<Long, Known> known = new HashMap<>();
    types()
        .forEach(
            (name, type) -> {
              for (int version = 1; version <= NEWEST_FROZEN_VERSION; version++) {
                frozen(version, name)
                    .ifPresent(old -> known.put(fingerprint(old), new Known(old, type)));
              }
              Schema current = schemaOf(type);
              known.put(fingerprint(current), new Known(current, type));
            });
    return Map.copyOf(known);
  }
}
