package io.rspar.kit.event;

import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.Failure;
import io.rspar.kit.failure.Failures;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the state of requests as the fold over their events. A partition's states are rebuilt from
 * the topics when its first record arrives.
 *
 * <p>A request has ended when its result has been published, by this service or another: what comes
 * after is ignored.
 */
final class ProcessHandler<S> implements Handler {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessHandler.class);
  private static final Topic ENDS = Topic.PRUNING_RESULTS;

  /** What is known of the requests of one partition number. */
  private static final class Requests<S> {
    private final Map<String, S> states = new HashMap<>();
    private final Set<String> ended = new HashSet<>();

    void end(String requestId) {
      states.remove(requestId);
      ended.add(requestId);
    }
  }

  private final Process<S> process;
  private final List<Topic> inputs;
  private final String group;
  private final KafkaClients clients;
  private final EventCodec codec;
  private final JobRunner runner;
  private final RequestProgress progress;
  private final Map<Integer, Requests<S>> byPartition = new HashMap<>();

  ProcessHandler(
      Process<S> process,
      List<Topic> inputs,
      String group,
      KafkaClients clients,
      EventCodec codec,
      JobRunner runner,
      RequestProgress progress) {
    this.process = process;
    this.inputs = inputs;
    this.group = group;
    this.clients = clients;
    this.codec = codec;
    this.runner = runner;
    this.progress = progress;
  }

  @Override
  public Sharing sharing() {
    return Sharing.CO_PARTITIONED;
  }

  @Override
  public void retain(Set<Integer> partitions) {
    byPartition.keySet().retainAll(partitions);
  }

  @Override
  public Outcome handle(Job job) throws InterruptedException {
    ConsumerRecord<byte[], byte[]> record = job.record();
    Requests<S> requests = byPartition.get(record.partition());
    if (requests == null) {
      requests = rebuild(record.partition());
      byPartition.put(record.partition(), requests);
    }
    Read read = read(record);
    if (read.event().isEmpty()) {
      return runner.refuse(job, read.failure().orElseThrow(), failure -> List.of());
    }
    Outcome outcome = advance(job, requests, read.event().get());
    // The unreadable record was answered as a WorkFailed; an operator sees it all the same.
    return read.failure().isPresent()
        ? outcome.alsoAs(runner.refuse(job, read.failure().get(), failure -> List.of()))
        : outcome;
  }

  private Outcome advance(Job job, Requests<S> requests, SpecificRecord event)
      throws InterruptedException {
    String requestId = Topic.requestIdOf(event);
    if (requests.ended.contains(requestId)) {
      return Outcome.of(List.of());
    }
    if (ENDS.eventTypes().contains(event.getClass())) {
      return Outcome.of(List.of()).andThen(() -> requests.end(requestId));
    }
    S before =
        requests.states.containsKey(requestId)
            ? requests.states.get(requestId)
            : process.initial(requestId);
    S after;
    try {
      after = process.fold(before, event);
    } catch (RuntimeException e) {
      LOG.error("{}: fold of {} failed", group, job, e);
      return runner
          .refuse(job, Failures.of(e), failure -> process.failed(before, event, failure))
          .andThen(() -> requests.end(requestId));
    }
    if (after == before) {
      return Outcome.of(List.of());
    }
    job.reportTo((share, detail) -> progress.publish(requestId, share, detail));
    Outcome outcome =
        runner.run(
            job,
            () -> process.act(after, event, job),
            failure -> process.failed(after, event, failure));
    boolean ends =
        process.finished(after)
            || outcome.records().stream().anyMatch(r -> r.topic().equals(ENDS.topicName()));
    return outcome.andThen(
        ends ? () -> requests.end(requestId) : () -> requests.states.put(requestId, after));
  }

  /** An event, or why there is none; both where an unreadable record's request is known. */
  private record Read(Optional<SpecificRecord> event, Optional<Failure> failure) {}

  private Read read(ConsumerRecord<byte[], byte[]> record) {
    try {
      return new Read(
          Optional.of(codec.decode(record.topic(), record.headers(), record.value())),
          Optional.empty());
    } catch (UnreadableEventException e) {
      Failure failure = WorkHandler.unreadable(e);
      return new Read(
          WorkHandler.requestIdOf(record).map(id -> workFailed(record, id, failure)),
          Optional.of(failure));
    }
  }

  private static WorkFailed workFailed(
      ConsumerRecord<byte[], byte[]> record, String requestId, Failure failure) {
    return failure.toEvent(requestId, null, Stage.SEARCH, Instant.ofEpochMilli(record.timestamp()));
  }

  /** Folds over a partition's events up to what the group has committed. */
  private Requests<S> rebuild(int partition) {
    long startNanos = System.nanoTime();
    Requests<S> requests = new Requests<>();
    try (KafkaConsumer<byte[], byte[]> reader = clients.reader(group)) {
      // The ends first and all of them: requests that have ended need no fold, and an end that was
      // published but not yet consumed counts too.
      TopicPartition ends = new TopicPartition(ENDS.topicName(), partition);
      scan(
          reader,
          ends,
          reader.endOffsets(Set.of(ends)).get(ends),
          event -> requests.end(Topic.requestIdOf(event)));
      for (Topic input : inputs) {
        if (input == ENDS) {
          continue;
        }
        TopicPartition source = new TopicPartition(input.topicName(), partition);
        var committed = reader.committed(Set.of(source)).get(source);
        if (committed != null) {
          scan(reader, source, committed.offset(), event -> replay(requests, event));
        }
      }
    }
    LOG.info(
        "{}: partition {} rebuilt: {} requests under way, {} ended, {} ms",
        group,
        partition,
        requests.states.size(),
        requests.ended.size(),
        Duration.ofNanos(System.nanoTime() - startNanos).toMillis());
    return requests;
  }

  private void replay(Requests<S> requests, SpecificRecord event) {
    String requestId = Topic.requestIdOf(event);
    if (requests.ended.contains(requestId)) {
      return;
    }
    S before =
        requests.states.containsKey(requestId)
            ? requests.states.get(requestId)
            : process.initial(requestId);
    S after;
    try {
      after = process.fold(before, event);
    } catch (RuntimeException e) {
      LOG.error("{}: fold of an event of request {} failed in replay", group, requestId, e);
      requests.end(requestId);
      return;
    }
    if (process.finished(after)) {
      requests.end(requestId);
    } else {
      requests.states.put(requestId, after);
    }
  }

  private void scan(
      KafkaConsumer<byte[], byte[]> reader,
      TopicPartition source,
      long end,
      Consumer<SpecificRecord> each) {
    reader.assign(List.of(source));
    reader.seekToBeginning(List.of(source));
    while (reader.position(source) < end) {
      for (ConsumerRecord<byte[], byte[]> record : reader.poll(Duration.ofMillis(500))) {
        if (record.offset() < end) {
          read(record).event().ifPresent(each);
        }
      }
    }
  }
}
