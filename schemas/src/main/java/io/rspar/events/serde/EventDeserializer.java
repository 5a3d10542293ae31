package io.rspar.events.serde;

import io.rspar.events.topic.Topic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Reads events in Avro's single-object encoding, written with this or any frozen earlier version of
 * their schemas. Thread-safe. Give consumers a byte-array deserialiser and call this one per
 * record: an exception inside {@code poll} would stop the consumer at the bad record for good.
 */
public final class EventDeserializer implements Deserializer<SpecificRecord> {
  static {
    DecodeLimits.install();
  }

  private final Map<Long, SpecificDatumReader<SpecificRecord>> readers = new ConcurrentHashMap<>();

  /**
   * @param topic the topic's name; where it is in the catalogue, only its events are accepted
   * @throws UnreadableEventException if the bytes are no such event, whole and with nothing after
   *     it
   */
  @Override
  public SpecificRecord deserialize(String topic, byte[] bytes) {
    if (bytes == null) {
      throw new UnreadableEventException("the record has no value");
    }
    if (bytes.length > Topic.MAX_RECORD_BYTES) {
      throw new UnreadableEventException(
          "the record has %d bytes, more than the allowed %d"
              .formatted(bytes.length, Topic.MAX_RECORD_BYTES));
    }
    if (bytes.length < EventSerializer.HEADER_BYTES
        || bytes[0] != EventSerializer.MARKER_0
        || bytes[1] != EventSerializer.MARKER_1) {
      throw new UnreadableEventException(
          "the record is not in Avro single-object encoding (it does not begin with C3 01)");
    }
    long fingerprint = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(2);
    EventSchemas.Known known =
        EventSchemas.byFingerprint(fingerprint)
            .orElseThrow(
                () ->
                    new UnreadableEventException(
                        "the record was written with a schema that this version does not know (fingerprint %016x): upgrade this service, or configure the schema registry that the writer uses"
                            .formatted(fingerprint)));
    requireCarried(topic, known.type());
    return read(bytes, fingerprint, known);
  }

  private static void requireCarried(String topicName, Class<? extends SpecificRecord> type) {
    Topic.named(topicName)
        .filter(topic -> !topic.eventTypes().contains(type))
        .ifPresent(
            topic -> {
              throw new UnreadableEventException(
                  type.getSimpleName() + " does not belong into " + topic.topicName());
            });
  }

  private SpecificRecord read(byte[] bytes, long fingerprint, EventSchemas.Known known) {
    BinaryDecoder decoder =
        DecoderFactory.get()
            .binaryDecoder(
                bytes,
                EventSerializer.HEADER_BYTES,
                bytes.length - EventSerializer.HEADER_BYTES,
                null);
    try {
      SpecificRecord event =
          readers.computeIfAbsent(fingerprint, f -> readerOf(known)).read(null, decoder);
      if (!decoder.isEnd()) {
        throw new UnreadableEventException(
            known.type().getSimpleName() + " is followed by bytes that do not belong to it");
      }
      return event;
    } catch (UnreadableEventException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new UnreadableEventException(
          "the record is no valid " + known.type().getSimpleName() + ": " + describe(e), e);
    }
  }

  private static SpecificDatumReader<SpecificRecord> readerOf(EventSchemas.Known known) {
    // The default model caches classes of the first class loader that used it; a Quarkus
    // application has several.
    SpecificData model = new SpecificData(known.type().getClassLoader());
    return new SpecificDatumReader<>(known.writer(), known.reader(), model);
  }

  private static String describe(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
