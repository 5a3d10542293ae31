package io.rspar.kit.event;

import io.opentelemetry.context.Context;
import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.Failure;
import io.rspar.kit.failure.Failures;
import io.rspar.kit.service.Service;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
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
    private final RequestIds ended = new RequestIds();

    void end(String requestId, long timestampMillis) {
      states.remove(requestId);
      ended.add(requestId, timestampMillis);
    }
  }

  private final Process<S> process;
  private final Service service;
  private final Supplier<EventHistory> history;
  private final EventCodec codec;
  private final JobRunner runner;
  private final RequestProgress progress;
  private final Predicate<String> unwanted;
  private final Map<Integer, Requests<S>> byPartition = new HashMap<>();
  private Set<Integer> owned = Set.of();

  /**
   * @param unwanted requests that a cancellation or a result is under way for
   */
  ProcessHandler(
      Process<S> process,
      Service service,
      Supplier<EventHistory> history,
      EventCodec codec,
      JobRunner runner,
      RequestProgress progress,
      Predicate<String> unwanted) {
    this.process = process;
    this.service = service;
    this.history = history;
    this.codec = codec;
    this.runner = runner;
    this.progress = progress;
    this.unwanted = unwanted;
  }

  @Override
  public Sharing sharing() {
    return Sharing.CO_PARTITIONED;
  }

  @Override
  public void retain(Set<Integer> partitions) {
    owned = Set.copyOf(partitions);
    byPartition.keySet().retainAll(partitions);
  }

  /** A long step of a cancelled request is given up; the cancellation's own record ends it. */
  @Override
  public boolean isUnwanted(Job job) {
    return !job.record().topic().equals(Topic.PRUNING_CANCELLATIONS.topicName())
        && job.requestId().filter(unwanted).isPresent();
  }

  /** Reports what requests wait for, where they wait for something that is missing. */
  @Override
  public void idle() {
    try {
      rebuildWhatIsUnknown();
      List<S> underWay =
          byPartition.values().stream().flatMap(r -> r.states.values().stream()).toList();
      if (!underWay.isEmpty()) {
        process
            .missing(underWay)
            .forEach(
                m -> progress.publish(Context.root(), m.requestId(), m.stage(), 0, m.detail()));
      }
    } catch (KafkaException e) {
      LOG.info("{}: what is missing could not be found out: {}", service.group(), e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("{}: what is missing could not be found out", service.group(), e);
    }
  }

  @Override
  public Outcome handle(Job job) throws InterruptedException {
    ConsumerRecord<byte[], byte[]> record = job.record();
    Requests<S> requests = requestsOf(record.partition());
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
    if (Topic.partitionOf(requestId) != job.record().partition()) {
      return forward(job, event);
    }
    Runnable end = () -> requests.end(requestId, job.record().timestamp());
    if (requests.ended.contains(requestId)) {
      return Outcome.nothing();
    }
    if (ENDS.eventTypes().contains(event.getClass())) {
      return Outcome.nothing().andThen(end);
    }
    S before = stateOf(requests, requestId);
    S after;
    try {
      after = process.fold(before, event);
    } catch (RuntimeException e) {
      LOG.error("{}: fold of {} failed", service.group(), job, e);
      return runner
          .refuse(job, Failures.of(e), failure -> process.failed(before, event, failure))
          .andThen(end);
    }
    if (after == before) {
      return Outcome.nothing();
    }
    job.serves(
        requestId,
        (share, detail) ->
            progress.publish(job.trace(), requestId, service.stage(), share, detail));
    Outcome outcome =
        runner.run(
            job,
            () -> process.act(after, event, job),
            failure -> process.failed(after, event, failure));
    boolean ends =
        process.finished(after)
            || outcome.records().stream().anyMatch(r -> r.topic().equals(ENDS.topicName()));
    return outcome.andThen(ends ? end : () -> requests.states.put(requestId, after));
  }

  /**
   * A producer with another partitioner put it where its request's state is not: it is published
   * again, into the right partition.
   */
  private Outcome forward(Job job, SpecificRecord event) throws InterruptedException {
    Topic topic = Topic.named(job.record().topic()).orElseThrow();
    return runner.run(job, () -> List.of(Outgoing.of(topic, event)), failure -> List.of());
  }

  private S stateOf(Requests<S> requests, String requestId) {
    S known = requests.states.get(requestId);
    return known == null ? process.initial(requestId) : known;
  }

  /** An event, or why there is none; both where an unreadable record's request is known. */
  private record Read(Optional<SpecificRecord> event, Optional<Failure> failure) {}

  private Read read(ConsumerRecord<byte[], byte[]> record) {
    try {
      return new Read(
          Optional.of(codec.decode(record.topic(), record.headers(), record.value())),
          Optional.empty());
    } catch (UnreadableEventException e) {
      Failure failure = FailureEvents.unreadable(e);
      return new Read(
          WorkHandler.requestIdOf(record).map(id -> workFailed(record, id, failure)),
          Optional.of(failure));
    }
  }

  private static WorkFailed workFailed(
      ConsumerRecord<byte[], byte[]> record, String requestId, Failure failure) {
    return failure.toEvent(requestId, null, Stage.SEARCH, Instant.ofEpochMilli(record.timestamp()));
  }

  private Requests<S> requestsOf(int partition) {
    Requests<S> requests = byPartition.get(partition);
    if (requests == null) {
      try (EventHistory past = history.get()) {
        requests = rebuild(partition, past);
      }
      byPartition.put(partition, requests);
    }
    return requests;
  }

  private void rebuildWhatIsUnknown() {
    Set<Integer> unknown = new TreeSet<>(owned);
    unknown.removeAll(byPartition.keySet());
    if (!unknown.isEmpty()) {
      try (EventHistory past = history.get()) {
        unknown.forEach(partition -> byPartition.put(partition, rebuild(partition, past)));
      }
    }
  }

  /** Folds over a partition's events up to what the group has committed. */
  private Requests<S> rebuild(int partition, EventHistory past) {
    long startNanos = System.nanoTime();
    Requests<S> requests = new Requests<>();
    // The ends first and all of them: requests that have ended need no fold, and an end that was
    // published but not yet consumed counts too.
    past.readAll(
        new TopicPartition(ENDS.topicName(), partition),
        reading((record, event) -> requests.end(Topic.requestIdOf(event), record.timestamp())));
    for (Topic input : service.inputs()) {
      if (input != ENDS) {
        past.readConsumed(
            new TopicPartition(input.topicName(), partition),
            reading((record, event) -> replay(requests, record, event)));
      }
    }
    LOG.info(
        "{}: partition {} rebuilt: {} requests under way, {} ended, {} ms",
        service.group(),
        partition,
        requests.states.size(),
        requests.ended.size(),
        Duration.ofNanos(System.nanoTime() - startNanos).toMillis());
    return requests;
  }

  /** Takes a record of the past with its event. */
  @FunctionalInterface
  private interface Reader {
    void take(ConsumerRecord<byte[], byte[]> record, SpecificRecord event);
  }

  private Consumer<ConsumerRecord<byte[], byte[]>> reading(Reader reader) {
    return record -> read(record).event().ifPresent(event -> reader.take(record, event));
  }

  private void replay(
      Requests<S> requests, ConsumerRecord<byte[], byte[]> record, SpecificRecord event) {
    String requestId = Topic.requestIdOf(event);
    if (requests.ended.contains(requestId) || Topic.partitionOf(requestId) != record.partition()) {
      return;
    }
    S after;
    try {
      after = process.fold(stateOf(requests, requestId), event);
    } catch (RuntimeException e) {
      LOG.error("{}: fold of an event of {} failed in replay", service.group(), requestId, e);
      requests.end(requestId, record.timestamp());
      return;
    }
    if (process.finished(after)) {
      requests.end(requestId, record.timestamp());
    } else {
      requests.states.put(requestId, after);
    }
  }
}
