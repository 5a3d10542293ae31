package io.rspar.kit.event;

import static io.rspar.kit.event.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.rspar.events.CancellationRequested;
import io.rspar.events.CandidateProposed;
import io.rspar.events.CandidatePruned;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningStatus;
import io.rspar.events.WorkFailed;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.WorkException;
import io.rspar.kit.metric.Metric;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 6, unit = TimeUnit.MINUTES)
class WorkLoopIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path folder;
  private TestBroker broker;
  private Cluster cluster;

  @BeforeEach
  void start() throws Exception {
    broker = TestBroker.start(folder);
    cluster = new Cluster(broker.bootstrapServers());
  }

  @AfterEach
  void stop() {
    cluster.close();
    broker.close();
  }

  /** Prunes at once; tests override what they are about. */
  private static class PromptWorker implements Worker {
    @Override
    public List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception {
      return List.of(
          Outgoing.of(Topic.PRUNED_MODELS, TestEvents.pruned((CandidateProposed) event)));
    }
  }

  @Test
  void everyResultIsPublishedOnceAndTheWorkIsCommitted() throws Exception {
    for (int i = 0; i < 40; i++) {
      cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("r", i));
    }
    try (EventLoop first = cluster.pruner(new PromptWorker())) {
      await("all results", PATIENCE, () -> prunedIds().size() == 40);
      assertThat(first.healthy()).isTrue();
    }
    AtomicInteger again = new AtomicInteger();
    try (EventLoop second =
        cluster.pruner(
            new PromptWorker() {
              @Override
              public List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception {
                again.incrementAndGet();
                return super.work(event, job);
              }
            })) {
      cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("r", 40));
      await("the one new result", PATIENCE, () -> prunedIds().size() == 41);
      assertThat(second.state()).isEqualTo(LoopState.RUNNING);
    }
    assertThat(again).hasValue(1);
    assertThat(prunedIds()).doesNotHaveDuplicates();
  }

  @Test
  void resultsCarryCloudEventsHeadersAndTheTraceOfTheirCause() throws Exception {
    Span producer =
        Span.wrap(
            SpanContext.createFromRemoteParent(
                "4bf92f3577b34da6a3ce929d0e0e4736",
                "00f067aa0ba902b7",
                TraceFlags.getSampled(),
                TraceState.getDefault()));
    cluster.publish(
        Topic.PRUNING_CANDIDATES, TestEvents.proposed("r-7", 0), Context.root().with(producer));
    try (EventLoop loop = cluster.pruner(new PromptWorker())) {
      await("the result", PATIENCE, () -> prunedIds().size() == 1);
    }
    var headers = cluster.committed("pruned-models").get(0).headers();
    assertThat(EventHeaders.text(headers, EventHeaders.SPEC_VERSION)).contains("1.0");
    assertThat(EventHeaders.text(headers, EventHeaders.TYPE))
        .contains("io.rspar.events.CandidatePruned");
    assertThat(EventHeaders.text(headers, EventHeaders.SOURCE)).contains("/rspar/pruner");
    assertThat(EventHeaders.text(headers, EventHeaders.CORRELATION)).contains("r-7");
    assertThat(EventHeaders.text(headers, EventHeaders.ID)).isPresent();
    // A service that makes no spans of its own hands on the one it was given.
    assertThat(EventHeaders.text(headers, "traceparent"))
        .contains("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  }

  /** As for a group whose offsets are part of a transaction that never ends. */
  @Test
  void aPositionThatTheBrokersWithholdIsNoticed() throws Exception {
    TopicPartition partition = new TopicPartition(Topic.PRUNING_CANDIDATES.topicName(), 0);
    UnknownPositions positions = new UnknownPositions();
    try (KafkaProducer<byte[], byte[]> producer = cluster.clients.transactionalProducer("open");
        KafkaConsumer<byte[], byte[]> member = cluster.clients.reader("withheld")) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(
          Map.of(partition, new OffsetAndMetadata(0)), new ConsumerGroupMetadata("withheld"));
      member.assign(Set.of(partition));
      member.poll(Duration.ofSeconds(1));
      assertThat(positions.of(member, Duration.ZERO, 0)).containsExactly(partition);
      Duration minute = Duration.ofMinutes(1);
      assertThat(positions.of(member, minute, minute.toNanos() - 1)).isEmpty();
      assertThat(positions.of(member, minute, minute.toNanos())).containsExactly(partition);

      producer.abortTransaction();
      await(
          "the position",
          PATIENCE,
          () -> {
            member.poll(Duration.ofMillis(100));
            return positions.of(member, Duration.ZERO, minute.toNanos()).isEmpty();
          });
    }
  }

  @Test
  void aPoisonRecordGoesToTheDeadLettersAndTheNextIsWorkedOn() throws Exception {
    // The same key, so that all three lie in one partition, one behind the other.
    cluster.publishRaw(Topic.PRUNING_CANDIDATES, "r-0", "no event".getBytes());
    cluster.publishRaw(Topic.PRUNING_CANDIDATES, "r-0", null);
    cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("r", 0));
    try (EventLoop loop = cluster.pruner(new PromptWorker())) {
      await("the good one", PATIENCE, () -> prunedIds().equals(List.of("r-0")));
    }
    var letters = cluster.committed("pruning-candidates-dlq");
    assertThat(letters).hasSize(2);
    assertThat(letters.get(0).value()).isEqualTo("no event".getBytes());
    var headers = letters.get(0).headers();
    assertThat(EventHeaders.text(headers, EventHeaders.REASON)).contains("UNREADABLE_RECORD");
    assertThat(EventHeaders.text(headers, EventHeaders.MESSAGE).orElseThrow())
        .contains("single-object encoding");
    assertThat(EventHeaders.text(headers, EventHeaders.ORIGIN_TOPIC))
        .contains("pruning-candidates");
    assertThat(EventHeaders.text(headers, EventHeaders.ORIGIN_OFFSET)).contains("0");
    assertThat(cluster.meters.get(Metric.DEAD_LETTERS.meterName()).counter().count()).isEqualTo(2);
  }

  @Test
  void aTransientFailureIsTriedAgainAndALastingOneIsReported() throws Exception {
    cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("passes", 0));
    cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("stays", 0));
    cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("users-fault", 0));
    cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("memory", 0));
    Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();
    Worker worker =
        new PromptWorker() {
          @Override
          public List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception {
            String id = Topic.requestIdOf(event);
            int attempt = attempts.computeIfAbsent(id, i -> new AtomicInteger()).incrementAndGet();
            assertThat(job.attempt()).isEqualTo(attempt);
            switch (id) {
              case "stays" ->
                  throw new WorkException(FailureReason.TRANSIENT_IO, "disk away", "mount it");
              case "users-fault" ->
                  throw new WorkException(FailureReason.INVALID_MODEL, "no ONNX", "export it");
              case "memory" -> throw new OutOfMemoryError("test");
              default -> {
                if (attempt < 3) {
                  throw new WorkException(FailureReason.TRANSIENT_IO, "hiccup", "wait");
                }
              }
            }
            return super.work(event, job);
          }
        };
    try (EventLoop loop = cluster.pruner(worker)) {
      await(
          "three failures and a result",
          PATIENCE,
          () -> failures().size() == 3 && prunedIds().size() == 1);
      assertThat(loop.healthy()).isTrue();
    }
    assertThat(prunedIds()).containsExactly("passes-0");
    assertThat(attempts.get("passes")).hasValue(3);
    assertThat(attempts.get("users-fault")).hasValue(1);
    assertThat(failures())
        .extracting(WorkFailed::getRequestId, WorkFailed::getReason, WorkFailed::getAttempts)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("stays", FailureReason.TRANSIENT_IO, 3),
            org.assertj.core.groups.Tuple.tuple("users-fault", FailureReason.INVALID_MODEL, 1),
            org.assertj.core.groups.Tuple.tuple("memory", FailureReason.OUT_OF_MEMORY, 1));
    // What the user can mend is no operator's concern.
    assertThat(cluster.committed("pruning-candidates-dlq"))
        .extracting(r -> EventHeaders.text(r.headers(), EventHeaders.REASON).orElseThrow())
        .containsExactlyInAnyOrder("TRANSIENT_IO", "OUT_OF_MEMORY");
  }

  /** A disk that is away for a while holds up what needs it, and nothing else. */
  @Test
  void aFailureThatMayPassDoesNotKeepOtherPartitionsWaiting() throws Exception {
    cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("failing", 0));
    CountDownLatch failedOnce = new CountDownLatch(1);
    AtomicInteger others = new AtomicInteger();
    List<Integer> othersBefore = new CopyOnWriteArrayList<>();
    Worker worker =
        new PromptWorker() {
          @Override
          public List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception {
            if (!Topic.requestIdOf(event).equals("failing")) {
              others.incrementAndGet();
              return super.work(event, job);
            }
            othersBefore.add(others.get());
            failedOnce.countDown();
            if (others.get() < 5) {
              throw new WorkException(FailureReason.TRANSIENT_IO, "disk away", "mount it");
            }
            return super.work(event, job);
          }
        };
    JobSettings slow =
        new JobSettings(
            9,
            Duration.ofMillis(500),
            3,
            Duration.ofMinutes(1),
            Duration.ofSeconds(5),
            Duration.ofMillis(100));
    try (EventLoop loop = cluster.pruner(worker, slow)) {
      assertThat(failedOnce.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 10; i++) {
        cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("fine", i));
      }
      await("all results", PATIENCE, () -> prunedIds().size() == 11);
    }
    assertThat(othersBefore.get(0)).isZero();
    assertThat(others).hasValue(10);
  }

  @Test
  void workOfACancelledRequestIsDroppedWhereverItIs() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    AtomicInteger begun = new AtomicInteger();
    for (int i = 0; i < 3; i++) {
      cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("cancelled", i));
    }
    Worker worker =
        new PromptWorker() {
          @Override
          public List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception {
            if (Topic.requestIdOf(event).equals("cancelled")) {
              begun.incrementAndGet();
              started.countDown();
              while (true) {
                job.progress(0.5, "training");
                Thread.sleep(10);
              }
            }
            return super.work(event, job);
          }
        };
    try (EventLoop loop = cluster.pruner(worker)) {
      assertThat(started.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      cluster.publish(
          Topic.PRUNING_CANCELLATIONS, new CancellationRequested("cancelled", TestEvents.TIME));
      cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("next", 0));
      await("the next request", PATIENCE, () -> prunedIds().equals(List.of("next-0")));
      await(
          "the others to be dropped",
          PATIENCE,
          () ->
              cluster
                      .meters
                      .find(Metric.JOBS.meterName())
                      .tag("outcome", "dropped")
                      .counters()
                      .stream()
                      .mapToDouble(c -> c.count())
                      .sum()
                  == 3);
    }
    assertThat(begun).as("what had not begun never begins").hasValue(1);
    assertThat(failures()).isEmpty();
    assertThat(cluster.committed("pruning-candidates-dlq")).isEmpty();
  }

  @Test
  void aJobWithoutASignOfLifeIsUnhealthy() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("hangs", 0));
    Worker worker =
        new PromptWorker() {
          @Override
          public List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception {
            started.countDown();
            end.await();
            return super.work(event, job);
          }
        };
    JobSettings impatient =
        new JobSettings(
            3,
            Duration.ofMillis(20),
            3,
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofMillis(100));
    try (EventLoop loop = cluster.pruner(worker, impatient)) {
      assertThat(started.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      await("the loop to be given up", PATIENCE, () -> !loop.healthy());
      assertThat(loop.describe()).contains("RUNNING", "pruning-candidates-");
      end.countDown();
      await("the loop to be well again", PATIENCE, loop::healthy);
    }
  }

  @Test
  void aJobLongerThanThePollIntervalRunsOnceAndReportsProgress() throws Exception {
    Duration length = Cluster.MAX_POLL_INTERVAL.plusSeconds(3);
    AtomicInteger runs = new AtomicInteger();
    cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("long", 0));
    Worker worker =
        new PromptWorker() {
          @Override
          public List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception {
            runs.incrementAndGet();
            long end = System.nanoTime() + length.toNanos();
            while (System.nanoTime() < end) {
              job.progress(0.5, "half way");
              Thread.sleep(10);
            }
            assertThat(job.cancelled()).isFalse();
            return super.work(event, job);
          }
        };
    try (EventLoop loop = cluster.pruner(worker)) {
      await("the result", PATIENCE, () -> prunedIds().size() == 1);
    }
    assertThat(runs).hasValue(1);
    List<PruningStatus> reports = cluster.events(Topic.PRUNING_STATUS, PruningStatus.class);
    assertThat(reports)
        .hasSizeBetween(5, 100)
        .allSatisfy(s -> assertThat(s.getDetail()).isEqualTo("half way"));
  }

  @Test
  void aPartitionThatHasToMoveWaitsForItsJob() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    Set<String> ranTwice = ConcurrentHashMap.newKeySet();
    Set<String> ran = ConcurrentHashMap.newKeySet();
    Worker slow =
        new PromptWorker() {
          @Override
          public List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception {
            String id = ((CandidateProposed) event).getCandidateId();
            if (!ran.add(id)) {
              ranTwice.add(id);
            }
            started.countDown();
            Thread.sleep(1_500);
            return super.work(event, job);
          }
        };
    // Several candidates, so that some partition with a running job is one that has to move.
    for (int i = 0; i < 12; i++) {
      cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("r", i));
    }
    try (EventLoop first = cluster.pruner(slow)) {
      assertThat(started.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      try (EventLoop second = cluster.pruner(slow);
          EventLoop third = cluster.pruner(slow)) {
        await("all results", PATIENCE.multipliedBy(2), () -> prunedIds().size() == 12);
      }
    }
    assertThat(prunedIds()).doesNotHaveDuplicates();
    assertThat(ranTwice).isEmpty();
  }

  @Test
  void aRecordOnWhichTheProcessDiedTooOftenCountsAsFailed() throws Exception {
    CandidateProposed proposed = TestEvents.proposed("crasher", 0);
    cluster.publish(Topic.PRUNING_CANDIDATES, proposed);
    var record = cluster.committed("pruning-candidates").get(0);
    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
    // What earlier processes left behind that began this record and died.
    try (var reader = cluster.clients.reader("rspar-pruner")) {
      reader.assign(List.of(partition));
      reader.commitSync(Map.of(partition, new OffsetAndMetadata(0, "deliveries=3")));
    }
    try (EventLoop loop = cluster.pruner(new PromptWorker())) {
      await("the failure", PATIENCE, () -> failures().size() == 1);
    }
    assertThat(prunedIds()).isEmpty();
    assertThat(failures().get(0).getMessage()).contains("died 3 times");
    assertThat(cluster.committed("pruning-candidates-dlq")).hasSize(1);
  }

  @Test
  void stoppingLetsTheJobEndAndPublishesIt() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    cluster.publish(Topic.PRUNING_CANDIDATES, TestEvents.proposed("r", 0));
    EventLoop loop =
        cluster.pruner(
            new PromptWorker() {
              @Override
              public List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception {
                started.countDown();
                Thread.sleep(500);
                return super.work(event, job);
              }
            });
    assertThat(started.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    loop.close();
    assertThat(loop.state()).isEqualTo(LoopState.STOPPED);
    assertThat(prunedIds()).containsExactly("r-0");
  }

  private List<String> prunedIds() {
    return cluster.events(Topic.PRUNED_MODELS, CandidatePruned.class).stream()
        .map(CandidatePruned::getCandidateId)
        .sorted()
        .toList();
  }

  private List<WorkFailed> failures() {
    return cluster.events(Topic.EVALUATION_RESULTS, WorkFailed.class);
  }
}
