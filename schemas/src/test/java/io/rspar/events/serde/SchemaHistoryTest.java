package io.rspar.events.serde;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A service can be upgraded before or after its neighbours: full compatibility, both ways. */
class SchemaHistoryTest {

  static Stream<Arguments> frozenSchemas() {
    List<Arguments> frozen = new ArrayList<>();
    for (int version = 1; version <= EventSchemas.NEWEST_FROZEN_VERSION; version++) {
      int v = version;
      EventSchemas.types()
          .forEach(
              (name, type) ->
                  EventSchemas.frozen(v, name)
                      .ifPresent(schema -> frozen.add(Arguments.of(v, type, schema))));
    }
    return frozen.stream();
  }

  @ParameterizedTest
  @MethodSource("frozenSchemas")
  void newReadsOldAndOldReadsNew(int version, Class<? extends SpecificRecord> type, Schema frozen) {
    Schema current = EventSchemas.schemaOf(type);
    assertCompatible(current, frozen, "the present version cannot read version " + version);
    assertCompatible(frozen, current, "version " + version + " cannot read the present version");
  }

  @ParameterizedTest
  @MethodSource("frozenSchemas")
  void bytesOfAnOldWriterAreRead(int version, Class<? extends SpecificRecord> type, Schema frozen)
      throws Exception {
    SpecificRecord event = new SampleEvents(version).next(type);
    Schema current = EventSchemas.schemaOf(type);
    Object asOld = convert(event, current, frozen);

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(
        ByteBuffer.allocate(EventSerializer.HEADER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(EventSerializer.MARKER_0)
            .put(EventSerializer.MARKER_1)
            .putLong(EventSchemas.fingerprint(frozen))
            .array());
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<>(frozen).write(asOld, encoder);
    encoder.flush();

    assertThat(new EventDeserializer().deserialize("any", out.toByteArray())).isInstanceOf(type);
  }

  @Test
  void everyEventIsFrozen() {
    assertThat(EventSchemas.types())
        .allSatisfy(
            (name, type) ->
                assertThat(EventSchemas.frozen(EventSchemas.NEWEST_FROZEN_VERSION, name))
                    .as("%s: freeze it, see FreezeSchemas", name)
                    .isPresent());
  }

  private static Object convert(SpecificRecord event, Schema from, Schema to) throws Exception {
    byte[] bytes = new EventSerializer().serialize("any", event);
    var decoder =
        DecoderFactory.get()
            .binaryDecoder(
                bytes,
                EventSerializer.HEADER_BYTES,
                bytes.length - EventSerializer.HEADER_BYTES,
                null);
    return new GenericDatumReader<>(from, to, new GenericData()).read(null, decoder);
  }

  private static void assertCompatible(Schema reader, Schema writer, String what) {
    var compatibility = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer);
    assertThat(compatibility.getType())
        .as("%s: %s: %s", reader.getName(), what, compatibility.getResult().getIncompatibilities())
        .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
  }
}
