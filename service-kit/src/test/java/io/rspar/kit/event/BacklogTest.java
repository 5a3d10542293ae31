package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class BacklogTest {
  private static final long NOW = 1_000;

  private final Backlog backlog = new Backlog();
  private long clockMillis;

  @Test
  void recordsOfAPartitionAreTakenInOrder() {
    add(0, 0, "a", 0);
    add(0, 1, "a", 100);
    assertThat(takeAll()).containsExactly("0@0", "0@1");
  }

  @Test
  void theFirstRecordsOfPartitionsGoByPriority() {
    add(0, 0, "a", 0);
    add(1, 0, "b", 5);
    add(2, 0, "c", -5);
    assertThat(takeAll()).containsExactly("1@0", "0@0", "2@0");
  }

  @Test
  void requestsOfEqualPriorityTakeTurns() {
    for (int partition = 0; partition < 6; partition++) {
      add(partition, 0, "big", 0);
    }
    add(6, 0, "small", 0);
    assertThat(takeAll().subList(0, 2)).containsExactly("0@0", "6@0");
  }

  @Test
  void oneThatHasWaitedLongestIsFirstAmongThoseWithoutATurn() {
    add(3, 7, "a", 0);
    add(1, 2, "b", 0);
    assertThat(takeAll()).containsExactly("3@7", "1@2");
  }

  @Test
  void anotherAttemptWaitsAndItsPartitionWithIt() {
    ConsumerRecord<byte[], byte[]> failing = add(0, 0, "a", 100);
    add(0, 1, "a", 100);
    add(1, 0, "b", 0);
    assertThat(backlog.take(NOW).orElseThrow().record()).isSameAs(failing);
    backlog.again(new Job(failing, 4, 1, Duration.ofSeconds(1)), NOW + 50);
    assertThat(takeAll()).as("the other partition goes on").containsExactly("1@0");
    assertThat(backlog.partitions()).containsExactly(new TopicPartition("t", 0));

    Backlog.Waiting again = backlog.take(NOW + 50).orElseThrow();
    assertThat(again.record()).isSameAs(failing);
    assertThat(again.attempt()).isEqualTo(2);
    assertThat(again.delivery()).isEqualTo(4);
    assertThat(takeAll()).containsExactly("0@1");
  }

  @Test
  void whatIsDroppedIsForgotten() {
    add(0, 0, "a", 0);
    add(1, 0, "a", 0);
    backlog.drop(Set.of(new TopicPartition("t", 0)));
    assertThat(backlog.partitions()).containsExactly(new TopicPartition("t", 1));
    assertThat(takeAll()).containsExactly("1@0");
  }

  @Test
  void recordsWithoutHeadersAreTakenToo() {
    backlog.add(record(0, 0, new RecordHeaders()));
    RecordHeaders odd = new RecordHeaders();
    odd.add(EventHeaders.PRIORITY, "very".getBytes(StandardCharsets.UTF_8));
    backlog.add(record(1, 0, odd));
    assertThat(takeAll()).containsExactlyInAnyOrder("0@0", "1@0");
  }

  private List<String> takeAll() {
    List<String> taken = new ArrayList<>();
    Optional<Backlog.Waiting> next = backlog.take(NOW);
    while (next.isPresent()) {
      taken.add(next.get().record().partition() + "@" + next.get().record().offset());
      next = backlog.take(NOW);
    }
    return taken;
  }

  private ConsumerRecord<byte[], byte[]> add(
      int partition, long offset, String request, int priority) {
    RecordHeaders headers = new RecordHeaders();
    headers.add(EventHeaders.CORRELATION, request.getBytes(StandardCharsets.UTF_8));
    headers.add(EventHeaders.PRIORITY, Integer.toString(priority).getBytes(StandardCharsets.UTF_8));
    ConsumerRecord<byte[], byte[]> record = record(partition, offset, headers);
    backlog.add(record);
    return record;
  }

  private ConsumerRecord<byte[], byte[]> record(int partition, long offset, RecordHeaders headers) {
    clockMillis++;
    return new ConsumerRecord<>(
        "t",
        partition,
        offset,
        clockMillis,
        TimestampType.CREATE_TIME,
        0,
        0,
        null,
        null,
        headers,
        Optional.empty());
  }
}
