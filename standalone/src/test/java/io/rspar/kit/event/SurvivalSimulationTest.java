package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.AllocationMethod;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.CancellationRequested;
import io.rspar.events.Criterion;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.SearchSettings;
import io.rspar.events.topic.Topic;
import io.rspar.kit.service.Service;
import io.rspar.standalone.pipeline.Deciders;
import io.rspar.standalone.pipeline.DemoRequests;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever happens to the services, every accepted request ends in exactly one result, and in the
 * right one. A history is a seeded order of: steps of the services, crashes before and after each
 * effect, rebalances under running jobs (so that two instances work on one record), duplicates of
 * any record, offsets set back, records in wrong partitions, junk, cancellations. The log, the
 * loop's protocol and time are simulated; handlers, folds and deciders are the real ones.
 */
class SurvivalSimulationTest {
  /** More by {@code -Drspar.histories}; a failure prints its seed for {@code -Drspar.history}. */
  private static final int HISTORIES = Integer.getInteger("rspar.histories", 500);

  private static final JobSettings SETTINGS =
      new JobSettings(
          2,
          Duration.ZERO,
          // A record that kills its process is a test of its own; here the crashes are outside.
          Integer.MAX_VALUE,
          Duration.ofHours(1),
          Duration.ZERO,
          Duration.ofSeconds(1));

  private static final Clock CLOCK = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);

  /** Accidents of one history; then the services are left alone. */
  private static final int MAX_ACCIDENTS = 40;

  /** A history that takes longer does not end (steps). */
  private static final int MAX_STEPS = 20_000;

  @TempDir static Path folder;
  private static RememberedDeciders deciders;
  private static List<PruningRequest> requests;
  private static Map<String, String> expected;

  private final EventCodec codec = EventCodec.singleObject();
  private final Outbox outbox = new Outbox(codec, "/simulation", CLOCK);

  @BeforeAll
  static void learnWhatIsRight() throws Exception {
    deciders = new RememberedDeciders(Deciders.of(folder.resolve("store")));
    requests =
        List.of(
            request("curves").build(),
            request("policy")
                .setMethod(AllocationMethod.R_SPAR)
                .setSearch(
                    SearchSettings.newBuilder().setRounds(2).setCandidatesPerRound(2).build())
                .build(),
            request("shards")
                .setCriterion(Criterion.KFAC_OBD)
                .setCalibration(
                    CalibrationSettings.newBuilder()
                        .setSamples(64)
                        .setBatchSize(16)
                        .setShards(3)
                        .build())
                .build(),
            request("broken").setModel(DemoRequests.ref(folder.resolve("none.onnx"))).build());
    History calm = new SurvivalSimulationTest().new History(0);
    calm.run(0);
    expected = new HashMap<>();
    calm.results().forEach((id, ends) -> expected.put(id, summary(ends.get(0))));
    assertThat(expected.get("curves")).as("%s", calm.results()).startsWith("completed");
    assertThat(expected.get("policy")).as("%s", calm.results()).startsWith("completed");
    assertThat(expected.get("shards")).as("%s", calm.results()).startsWith("completed");
    assertThat(expected.get("broken")).isEqualTo("failed ARTIFACT_MISSING");
  }

  private static PruningRequest.Builder request(String id) {
    return DemoRequests.request(id, DemoRequests.MODEL, folder.resolve("out-" + id))
        .setCriterion(Criterion.L1);
  }

  private static String summary(SpecificRecord end) {
    return end instanceof PruningCompleted completed
        ? "completed " + completed.getModel().getSha256()
        : "failed " + ((PruningFailed) end).getReason();
  }

  @Test
  void everyRequestEndsInExactlyOneResultAndInTheRightOne() throws Exception {
    long only = Long.getLong("rspar.history", -1);
    long first = only < 0 ? 1 : only;
    long last = only < 0 ? HISTORIES : only;
    Map<String, Integer> accidents = new HashMap<>();
    for (long seed = first; seed <= last; seed++) {
      History history = new History(seed);
      try {
        history.run(MAX_ACCIDENTS);
        history.check();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            "History %d went wrong; run it alone with -Drspar.history=%d%n%s"
                .formatted(seed, seed, history.accidents),
            e);
      }
      history.accidents.forEach(a -> accidents.merge(a.replaceFirst(" .*", ""), 1, Integer::sum));
    }
    System.out.printf(
        "simulated %d histories with %s; %d answers of deciders%n",
        last - first + 1, accidents, deciders.computed());
    if (only < 0) {
      assertThat(accidents.keySet())
          .contains("crash", "rebalance", "duplicate", "rewind", "junk", "misplaced", "cancel");
    }
  }

  /** One run of the system under one seed. */
  private final class History {
    private final Random random;
    private final SimulatedLog log = new SimulatedLog();
    private final List<SimulatedGroup> groups = new ArrayList<>();
    private final Set<String> cancelled = new HashSet<>();
    private final List<String> accidents = new ArrayList<>();
    private final boolean deafToCancellations;

    History(long seed) {
      this.random = new Random(seed);
      this.deafToCancellations = random.nextBoolean();
      Predicate<String> unwanted = this::isUnwanted;
      JobRunner runner = new JobRunner(new Outbox(codec, "/rspar/simulated", CLOCK), SETTINGS);
      for (Service service : Service.values()) {
        groups.add(
            new SimulatedGroup(
                service,
                2,
                log,
                () ->
                    service == Service.SEARCH
                        ? new ProcessHandler<>(
                            deciders.search(),
                            service,
                            () -> log.history(service.group()),
                            codec,
                            runner,
                            (trace, id, stage, share, detail) -> {},
                            unwanted)
                        : new WorkHandler(
                            service,
                            deciders.worker(service),
                            new FailureEvents(service, CLOCK),
                            codec,
                            runner,
                            (trace, id, stage, share, detail) -> {},
                            unwanted),
                random));
      }
      requests.forEach(
          request ->
              log.append(
                  outbox.record(
                      Outgoing.of(Topic.PRUNING_REQUESTS, new PruningRequested(request)))));
    }

    /** Services may learn at once that a request is not wanted, or never. */
    private boolean isUnwanted(String requestId) {
      return !deafToCancellations && cancelled.contains(requestId);
    }

    void run(int budget) throws InterruptedException {
      int left = budget == 0 ? 0 : random.nextInt(budget + 1);
      for (int step = 0; step < MAX_STEPS; step++) {
        if (left > 0 && random.nextInt(6) == 0) {
          accident();
          left--;
        }
        if (left == 0 && groups.stream().allMatch(SimulatedGroup::isIdle)) {
          return;
        }
        pick(groups).step();
      }
      throw new AssertionError("still busy after " + MAX_STEPS + " steps");
    }

    private void accident() {
      SimulatedGroup group = pick(groups);
      switch (random.nextInt(8)) {
        case 0, 1 -> {
          accidents.add("crash");
          group.crash();
        }
        case 2 -> {
          accidents.add("rebalance");
          group.rebalance();
        }
        case 3 -> duplicate();
        case 4 -> {
          accidents.add("rewind");
          group.rewind();
        }
        case 5 -> junk();
        case 6 -> misplaced();
        default -> cancel();
      }
    }

    private void duplicate() {
      Topic topic = pick(List.of(Topic.values()));
      List<ConsumerRecord<byte[], byte[]>> records =
          log.records(topic.topicName()).stream().filter(r -> r.key() != null).toList();
      if (!records.isEmpty() && topic != Topic.PRUNING_RESULTS) {
        ConsumerRecord<byte[], byte[]> twice = pick(records);
        accidents.add("duplicate of " + topic);
        log.append(copy(twice));
      }
    }

    private void junk() {
      Topic topic = pick(List.of(Topic.values()));
      accidents.add("junk in " + topic);
      log.append(
          new TopicPartition(topic.topicName(), random.nextInt(Topic.PARTITIONS)),
          new ProducerRecord<>(topic.topicName(), "junk".getBytes(StandardCharsets.UTF_8)));
    }

    /** As from a producer whose partitioner is another. */
    private void misplaced() {
      Topic topic =
          pick(
              List.of(Topic.PRUNING_REQUESTS, Topic.SENSITIVITY_REPORTS, Topic.EVALUATION_RESULTS));
      List<ConsumerRecord<byte[], byte[]>> records = log.records(topic.topicName());
      if (!records.isEmpty()) {
        accidents.add("misplaced copy in " + topic);
        log.append(
            new TopicPartition(topic.topicName(), random.nextInt(Topic.PARTITIONS)),
            copy(pick(records)));
      }
    }

    private void cancel() {
      if (random.nextInt(4) == 0) {
        String id = pick(requests).getRequestId();
        accidents.add("cancel " + id);
        cancelled.add(id);
        ProducerRecord<byte[], byte[]> record =
            outbox.record(
                Outgoing.of(
                    Topic.PRUNING_CANCELLATIONS, new CancellationRequested(id, CLOCK.instant())));
        log.append(new TopicPartition(record.topic(), random.nextInt(Topic.PARTITIONS)), record);
      }
    }

    private ProducerRecord<byte[], byte[]> copy(ConsumerRecord<byte[], byte[]> record) {
      return new ProducerRecord<>(
          record.topic(),
          null,
          record.key(),
          record.value(),
          new RecordHeaders(record.headers().toArray()));
    }

    Map<String, List<SpecificRecord>> results() {
      Map<String, List<SpecificRecord>> results = new HashMap<>();
      for (ConsumerRecord<byte[], byte[]> record : log.records("pruning-results")) {
        if (record.headers().toArray().length > 0) {
          SpecificRecord end = codec.decode(record.topic(), record.headers(), record.value());
          results.computeIfAbsent(Topic.requestIdOf(end), id -> new ArrayList<>()).add(end);
        }
      }
      return results;
    }

    void check() {
      Map<String, List<SpecificRecord>> results = results();
      for (PruningRequest request : requests) {
        String id = request.getRequestId();
        assertThat(results.get(id)).as("results of %s", id).hasSize(1);
        String end = summary(results.get(id).get(0));
        if (cancelled.contains(id)) {
          assertThat(end).isIn(expected.get(id), "failed " + FailureReason.CANCELLED);
        } else {
          assertThat(end).as("the result of %s", id).isEqualTo(expected.get(id));
        }
      }
      assertThat(results).hasSize(requests.size());
    }

    private <T> T pick(List<T> choices) {
      return choices.get(random.nextInt(choices.size()));
    }
  }
}
