package io.rspar.events.serde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.FailureReason;
import io.rspar.events.PruningFailed;
import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import io.rspar.events.topic.Topic;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EventSerdeTest {
  private static final long SEED = 20_260_101;

  private final EventSerializer serializer = new EventSerializer();
  private final EventDeserializer deserializer = new EventDeserializer();

  static Stream<Arguments> topicsAndEvents() {
    return Arrays.stream(Topic.values())
        .flatMap(
            topic ->
                topic.eventTypes().stream()
                    .sorted((a, b) -> a.getName().compareTo(b.getName()))
                    .map(type -> Arguments.of(topic, type)));
  }

  @ParameterizedTest
  @MethodSource("topicsAndEvents")
  void everyEventOfEveryTopicSurvivesTheRoundTrip(
      Topic topic, Class<? extends SpecificRecord> type) {
    SampleEvents samples = new SampleEvents(SEED);
    for (int i = 0; i < 50; i++) {
      SpecificRecord event = samples.next(type);
      byte[] bytes = serializer.serialize(topic.topicName(), event);
      assertThat(deserializer.deserialize(topic.topicName(), bytes))
          .as("seed %d, event %d", SEED, i)
          .isInstanceOf(type)
          .isEqualTo(event);
    }
  }

  @Test
  void theBytesFollowTheSingleObjectSpecification() {
    byte[] bytes = serializer.serialize("pruning-results", failed("lr too high"));
    assertThat(bytes[0]).isEqualTo((byte) 0xC3);
    assertThat(bytes[1]).isEqualTo((byte) 0x01);
    assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(2))
        .isEqualTo(SchemaNormalization.parsingFingerprint64(PruningFailed.getClassSchema()));
  }

  @Test
  void avrosOwnDecoderReadsTheBytes() throws Exception {
    PruningFailed event = failed("lr too high");
    byte[] bytes = serializer.serialize("pruning-results", event);
    assertThat(PruningFailed.fromByteBuffer(ByteBuffer.wrap(bytes))).isEqualTo(event);
    assertThat(
            deserializer.deserialize(
                "pruning-results", PruningFailed.getEncoder().encode(event).array()))
        .isEqualTo(event);
  }

  @Test
  void everyTruncationAndEverySurplusByteIsRefused() {
    byte[] bytes = serializer.serialize("pruning-results", failed("x"));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertUnreadable("pruning-results", cut);
    }
    assertUnreadable("pruning-results", Arrays.copyOf(bytes, bytes.length + 1));
  }

  @Test
  void damagedBytesAreReadOrRefusedButNeverAnythingElse() {
    byte[] bytes = serializer.serialize("pruning-results", failed("a message of some length"));
    Random random = new Random(SEED);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = bytes.clone();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        deserializer.deserialize("pruning-results", damaged);
      } catch (UnreadableEventException e) {
        refused++;
      }
    }
    assertThat(refused).as("seed %d", SEED).isGreaterThan(10_000);
  }

  @Test
  void aHostileLengthFailsBeforeItIsAllocated() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] valid = serializer.serialize("pruning-results", failed("x"));
    out.write(valid, 0, EventSerializer.HEADER_BYTES);
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    encoder.writeLong(2_000_000_000L);
    encoder.flush();
    assertThatThrownBy(() -> deserializer.deserialize("pruning-results", out.toByteArray()))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessageContaining("String length 2000000000 exceeds maximum allowed");
  }

  @Test
  void recordsBeyondTheLimitAreRefusedBothWays() {
    PruningFailed large = failed("x".repeat(Topic.MAX_RECORD_BYTES));
    assertThatThrownBy(() -> serializer.serialize("pruning-results", large))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("artifact store");
    assertThatThrownBy(
            () -> deserializer.deserialize("pruning-results", new byte[Topic.MAX_RECORD_BYTES + 1]))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessageContaining("more than the allowed");
  }

  @Test
  void anEventOfAnotherTopicIsRefused() {
    byte[] bytes = serializer.serialize("pruning-results", failed("x"));
    assertThatThrownBy(() -> deserializer.deserialize("pruning-requests", bytes))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessage("PruningFailed does not belong into pruning-requests");
  }

  @Test
  void foreignBytesAreNamedForWhatTheyAre() {
    assertThatThrownBy(() -> deserializer.deserialize("pruning-requests", "{\"a\": 1}".getBytes()))
        .hasMessageContaining("single-object encoding");
    assertThatThrownBy(() -> deserializer.deserialize("pruning-requests", null))
        .hasMessage("the record has no value");
    byte[] unknown = {(byte) 0xC3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0};
    assertThatThrownBy(() -> deserializer.deserialize("pruning-requests", unknown))
        .hasMessageContaining("does not know (fingerprint 0807060504030201)");
  }

  @Test
  void aMissingFieldIsRefusedWhenWriting() {
    WorkFailed incomplete = new WorkFailed();
    assertThatThrownBy(() -> serializer.serialize("sensitivity-reports", incomplete))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("requestId");
  }

  private void assertUnreadable(String topic, byte[] bytes) {
    assertThatThrownBy(() -> deserializer.deserialize(topic, bytes))
        .as("%d bytes", bytes.length)
        .isInstanceOf(UnreadableEventException.class);
  }

  private static PruningFailed failed(String message) {
    return new PruningFailed(
        "r-1",
        Stage.SEARCH,
        FailureReason.TARGET_UNREACHABLE,
        message,
        "ask for less",
        Instant.ofEpochMilli(1_767_225_600_000L));
  }
}
