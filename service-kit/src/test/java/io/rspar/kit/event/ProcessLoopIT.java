package io.rspar.kit.event;

import static io.rspar.kit.event.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.CandidateProposed;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningStatus;
import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.Failure;
import io.rspar.kit.failure.WorkException;
import io.rspar.kit.service.Service;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 6, unit = TimeUnit.MINUTES)
class ProcessLoopIT {
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

  /**
   * The messages of a request in order, each once; proposes a candidate with as many candidates
   * before it as messages, so that lost or doubled state shows in the index.
   */
  private static class Collector implements Process<List<String>> {
    final List<String> acted = new CopyOnWriteArrayList<>();

    @Override
    public List<String> initial(String requestId) {
      return List.of();
    }

    @Override
    public List<String> fold(List<String> state, SpecificRecord event) {
      String message = ((WorkFailed) event).getMessage();
      if (state.contains(message)) {
        return state;
      }
      List<String> next = new ArrayList<>(state);
      next.add(message);
      return List.copyOf(next);
    }

    @Override
    public List<Outgoing> act(List<String> state, SpecificRecord event, JobContext job) {
      String requestId = Topic.requestIdOf(event);
      String message = ((WorkFailed) event).getMessage();
      acted.add(requestId + ":" + message);
      if (message.equals("unbearable")) {
        throw new WorkException(FailureReason.TARGET_UNREACHABLE, "cannot go on", "ask for less");
      }
      return List.of(
          Outgoing.of(Topic.PRUNING_CANDIDATES, TestEvents.proposed(requestId, state.size())));
    }

    @Override
    public List<Outgoing> failed(List<String> state, SpecificRecord event, Failure failure) {
      return List.of(
          Outgoing.of(
              Topic.PRUNING_RESULTS,
              TestEvents.pruningFailed(Topic.requestIdOf(event), failure.message())));
    }

    @Override
    public boolean finished(List<String> state) {
      return state.contains("last");
    }
  }

  @Test
  void aRestartRebuildsTheStateWithoutActingAgain() throws Exception {
    for (String id : List.of("a", "b", "c")) {
      say(Topic.SENSITIVITY_REPORTS, id, "one");
      say(Topic.EVALUATION_RESULTS, id, "two");
    }
    Collector before = new Collector();
    try (EventLoop loop = cluster.search(before)) {
      await("six proposals", PATIENCE, () -> proposals().size() == 6);
    }
    Collector after = new Collector();
    try (EventLoop loop = cluster.search(after)) {
      for (String id : List.of("a", "b", "c")) {
        say(Topic.EVALUATION_RESULTS, id, "two"); // a duplicate
        say(Topic.EVALUATION_RESULTS, id, "three");
      }
      await("nine proposals", PATIENCE, () -> proposals().size() == 9);
    }
    assertThat(after.acted).containsExactlyInAnyOrder("a:three", "b:three", "c:three");
    assertThat(proposals())
        .containsExactlyInAnyOrder("a-1", "a-2", "a-3", "b-1", "b-2", "b-3", "c-1", "c-2", "c-3");
  }

  @Test
  void aRequestThatHasEndedStaysEndedAcrossARestart() throws Exception {
    say(Topic.SENSITIVITY_REPORTS, "fails", "unbearable");
    say(Topic.SENSITIVITY_REPORTS, "finishes", "last");
    try (EventLoop loop = cluster.search(new Collector())) {
      await("the end of one", PATIENCE, () -> ends().size() == 1);
      await("the proposal of the other", PATIENCE, () -> proposals().size() == 1);
    }
    Collector after = new Collector();
    try (EventLoop loop = cluster.search(after)) {
      say(Topic.EVALUATION_RESULTS, "fails", "straggler");
      say(Topic.EVALUATION_RESULTS, "finishes", "straggler");
      say(Topic.EVALUATION_RESULTS, "fresh", "one");
      await("the fresh request", PATIENCE, () -> proposals().contains("fresh-1"));
      // The stragglers' partitions may be read later than the fresh one's.
      await(
          "the stragglers to be read",
          PATIENCE,
          () -> cluster.isConsumed(Service.SEARCH.group(), Topic.EVALUATION_RESULTS));
    }
    assertThat(after.acted).containsExactly("fresh:one");
    assertThat(ends()).extracting(PruningFailed::getMessage).containsExactly("cannot go on");
  }

  @Test
  void anUnreadableRecordOfAKnownRequestIsToldToTheProcess() throws Exception {
    cluster.publishRaw(Topic.EVALUATION_RESULTS, "r", "junk".getBytes());
    Collector process = new Collector();
    try (EventLoop loop = cluster.search(process)) {
      await("a proposal in answer", PATIENCE, () -> proposals().size() == 1);
    }
    assertThat(process.acted).hasSize(1);
    assertThat(process.acted.get(0)).startsWith("r:A record cannot be read");
    assertThat(cluster.committed("evaluation-results-dlq")).hasSize(1);
  }

  /** As from a producer in another language, whose partitioner is another. */
  @Test
  void aRecordInTheWrongPartitionReachesItsRequest() throws Exception {
    say(Topic.SENSITIVITY_REPORTS, "r", "one");
    try (EventLoop loop = cluster.search(new Collector())) {
      await("the first proposal", PATIENCE, () -> proposals().size() == 1);
      int wrong = (Topic.partitionOf("r") + 1) % Topic.PARTITIONS;
      cluster.publish(Topic.EVALUATION_RESULTS, wrong, message("r", "two"));
      await("the second", PATIENCE, () -> proposals().size() == 2);
    }
    assertThat(proposals()).containsExactlyInAnyOrder("r-1", "r-2");
  }

  @Test
  void topicsThatWouldLoseEventsAreRefused() throws Exception {
    try (Admin admin = cluster.clients.admin()) {
      // The broker takes a moment to see what its controller has written.
      await("the topics", PATIENCE, () -> TopicSetup.differences(admin).isEmpty());
      set(admin, "pruning-results", "cleanup.policy", "compact");
      set(admin, "pruned-models", "retention.ms", "1000");
      await(
          "both differences",
          PATIENCE,
          () ->
              TopicSetup.differences(admin).stream()
                  .map(TopicSetup.Difference::topic)
                  .toList()
                  .equals(List.of("pruned-models", "pruning-results")));
      try (EventLoop loop = cluster.search(new Collector())) {
        await("the loop to end", PATIENCE, () -> loop.state() == LoopState.BROKEN);
        assertThat(loop.healthy()).isFalse();
      }
      assertThat(TopicSetup.apply(admin, (short) 1)).isEmpty();
      TopicSetup.ensure(admin, (short) 1);
    }
  }

  private static void set(Admin admin, String topic, String name, String value) throws Exception {
    admin
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, topic),
                List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET))))
        .all()
        .get();
  }

  @Test
  void membersShareRequestsAndKeepStateAcrossRebalances() throws Exception {
    List<String> ids = List.of("a", "b", "c", "d", "e", "f", "g", "h");
    for (String id : ids) {
      say(Topic.SENSITIVITY_REPORTS, id, "one");
    }
    Collector first = new Collector();
    Collector second = new Collector();
    int rounds = 1;
    try (EventLoop one = cluster.search(first)) {
      await("first proposals", PATIENCE, () -> proposals().size() == ids.size());
      try (EventLoop two = cluster.search(second)) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        // It is a member some time after its start; at least two rounds, one with both.
        while (rounds < 3 || second.acted.isEmpty()) {
          assertThat(System.nanoTime()).as("the second member's share").isLessThan(deadline);
          rounds++;
          for (String id : ids) {
            say(Topic.EVALUATION_RESULTS, id, "round " + rounds);
          }
          int expected = rounds * ids.size();
          await("round " + rounds, PATIENCE, () -> proposals().size() == expected);
        }
      }
      rounds++;
      for (String id : ids) {
        say(Topic.EVALUATION_RESULTS, id, "last");
      }
      int all = rounds * ids.size();
      await("the last", PATIENCE, () -> proposals().size() == all);
    }
    int last = rounds;
    assertThat(proposals())
        .containsExactlyInAnyOrderElementsOf(
            ids.stream()
                .flatMap(id -> IntStream.rangeClosed(1, last).mapToObj(i -> id + "-" + i))
                .toList());
  }

  /** Works on "long" until it is cancelled, telling how far it is; answers everything else. */
  private static final class Trainer extends Collector {
    volatile boolean given;

    @Override
    public List<Outgoing> act(List<String> state, SpecificRecord event, JobContext job) {
      if (!((WorkFailed) event).getMessage().equals("long")) {
        return super.act(state, event, job);
      }
      try {
        while (true) {
          job.progress(0.25, "training masks");
        }
      } catch (JobAbandonedException e) {
        given = true;
        throw e;
      }
    }
  }

  @Test
  void aLongActReportsProgressAndGivesWayToAStopWithoutATrace() throws Exception {
    say(Topic.SENSITIVITY_REPORTS, "r", "long");
    Trainer trainer = new Trainer();
    try (EventLoop loop = cluster.search(trainer)) {
      await("progress", PATIENCE, () -> !progress().isEmpty());
    }
    assertThat(trainer.given).as("told of the stop").isTrue();
    assertThat(progress())
        .allSatisfy(
            status -> {
              assertThat(status.getRequestId()).isEqualTo("r");
              assertThat(status.getStage()).isEqualTo(Stage.SEARCH);
              assertThat(status.getProgress()).isEqualTo(0.25);
              assertThat(status.getDetail()).isEqualTo("training masks");
            });
    assertThat(ends()).as("a call that was given up is no failure").isEmpty();

    Collector after = new Collector();
    try (EventLoop loop = cluster.search(after)) {
      await("the answer of the next member", PATIENCE, () -> proposals().size() == 1);
    }
    assertThat(after.acted).containsExactly("r:long");
  }

  private List<PruningStatus> progress() {
    return cluster.events(Topic.PRUNING_STATUS, PruningStatus.class);
  }

  private void say(Topic topic, String requestId, String message) throws Exception {
    cluster.publish(topic, message(requestId, message));
  }

  private static WorkFailed message(String requestId, String message) {
    return TestEvents.workFailed(
        requestId, null, new Failure(FailureReason.INTERNAL_ERROR, message, "none", 1));
  }

  private List<String> proposals() {
    return cluster.events(Topic.PRUNING_CANDIDATES, CandidateProposed.class).stream()
        .map(CandidateProposed::getCandidateId)
        .toList();
  }

  private List<PruningFailed> ends() {
    return cluster.events(Topic.PRUNING_RESULTS, PruningFailed.class);
  }
}
