package io.rspar.events.serde;

import io.rspar.events.topic.Topic;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;

/** Writes events in Avro's single-object encoding. Stateless and thread-safe. */
public final class EventSerializer implements Serializer<SpecificRecord> {
  static final byte MARKER_0 = (byte) 0xC3;
  static final byte MARKER_1 = (byte) 0x01;

  /** Marker and fingerprint (bytes). */
  static final int HEADER_BYTES = 10;

  /**
   * @throws SerializationException if the event is not valid against its schema or is larger than
   *     {@link Topic#MAX_RECORD_BYTES}
   */
  @Override
  public byte[] serialize(String topic, SpecificRecord event) {
    if (event == null) {
      return null;
    }
    Schema schema = event.getSchema();
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    out.writeBytes(
        ByteBuffer.allocate(HEADER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(MARKER_0)
            .put(MARKER_1)
            .putLong(EventSchemas.fingerprint(schema))
            .array());
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
      SpecificData model = new SpecificData(event.getClass().getClassLoader());
      new SpecificDatumWriter<SpecificRecord>(schema, model).write(event, encoder);
      encoder.flush();
    } catch (IOException | RuntimeException e) {
      throw new SerializationException(
          "Cannot write " + schema.getFullName() + " to " + topic + ": " + e.getMessage(), e);
    }
    if (out.size() > Topic.MAX_RECORD_BYTES) {
      throw new SerializationException(
          "%s of %d bytes is larger than the %d bytes that a record may have: large data belongs into the artifact store"
              .formatted(schema.getFullName(), out.size(), Topic.MAX_RECORD_BYTES));
    }
    return out.toByteArray();
  }
}
