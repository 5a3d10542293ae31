package io.rspar.standalone.trial;

import io.rspar.events.topic.Topic;
import io.rspar.kit.event.KafkaClients;
import io.rspar.standalone.supervisor.ChildProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Does to a fleet what happens to fleets, at seeded random times. */
final class Accidents {
  /** Least and most time from one accident to the next. */
  private static final Duration LEAST = Duration.ofSeconds(2);

  private static final Duration MOST = Duration.ofSeconds(10);

  /**
   * Longer than the services' session time-out: the group goes on without the one that is stopped.
   */
  private static final Duration STANDSTILL = Duration.ofSeconds(9);

  private static final List<Topic> DUPLICATED =
      List.of(
          Topic.CURVATURE_SHARDS,
          Topic.SENSITIVITY_REPORTS,
          Topic.PRUNING_CANDIDATES,
          Topic.PRUNED_MODELS,
          Topic.EVALUATION_RESULTS);

  /** How it is counted when a service is killed. */
  static final String KILLED = "service killed";

  private final Fleet fleet;
  private final Random random;
  private final Consumer<String> progress;
  private final Map<String, Integer> counts = new TreeMap<>();
  private long nextNanos;
  private Optional<Long> stopped = Optional.empty();
  private long resumeNanos;

  Accidents(Fleet fleet, Random random, Consumer<String> progress) {
    this.fleet = fleet;
    this.random = random;
    this.progress = progress;
    this.nextNanos = System.nanoTime() + MOST.toNanos();
  }

  /** Lets something happen if it is time. */
  void maybe() throws InterruptedException, IOException, ExecutionException {
    long now = System.nanoTime();
    if (stopped.isPresent() && now - resumeNanos >= 0) {
      settle();
    }
    if (now - nextNanos < 0) {
      return;
    }
    long spread = MOST.minus(LEAST).toMillis();
    nextNanos = now + LEAST.plusMillis((long) (spread * random.nextDouble())).toNanos();
    int kind = random.nextInt(10);
    if (kind == 0) {
      happens("broker killed");
      kill(fleet.broker().pid());
    } else if (kind <= 5) {
      ChildProcess victim = fleet.services().get(random.nextInt(fleet.services().size()));
      happens(KILLED);
      progress.accept("  " + victim.name());
      kill(victim.pid());
    } else if (kind == 6 && stopped.isEmpty()) {
      ChildProcess victim = fleet.services().get(random.nextInt(fleet.services().size()));
      happens("service stopped and resumed");
      stopped = Optional.of(victim.pid());
      resumeNanos = now + STANDSTILL.toNanos();
      signal("STOP", victim.pid());
    } else {
      duplicate(DUPLICATED.get(random.nextInt(DUPLICATED.size())));
    }
  }

  /** Ends what has not ended yet. */
  void settle() throws InterruptedException, IOException {
    if (stopped.isPresent()) {
      signal("CONT", stopped.get());
      stopped = Optional.empty();
    }
  }

  Map<String, Integer> counts() {
    return counts;
  }

  void count(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  private void happens(String what) {
    count(what);
    progress.accept(what);
  }

  private static void kill(long pid) {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    if (ProcessHandle.of(pid).isPresent()) {
      new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    }
  }

  /** Publishes some record of a topic again, unchanged. */
  private void duplicate(Topic topic) throws InterruptedException, ExecutionException {
    KafkaClients clients = fleet.clients();
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> reader = clients.reader()) {
      List<TopicPartition> partitions =
          IntStream.range(0, topic.partitions())
              .mapToObj(p -> new TopicPartition(topic.topicName(), p))
              .toList();
      reader.assign(partitions);
      reader.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = reader.endOffsets(partitions);
      long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (System.nanoTime() < deadline
          && partitions.stream().anyMatch(p -> reader.position(p) < ends.get(p))) {
        reader.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    if (!records.isEmpty()) {
      ConsumerRecord<byte[], byte[]> record = records.get(random.nextInt(records.size()));
      try (KafkaProducer<byte[], byte[]> producer = clients.producer(Duration.ofSeconds(60))) {
        producer
            .send(
                new ProducerRecord<>(
                    record.topic(), null, record.key(), record.value(), record.headers()))
            .get();
      }
      happens("record published again");
    }
  }
}
