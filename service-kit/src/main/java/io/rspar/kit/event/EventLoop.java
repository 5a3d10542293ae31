package io.rspar.kit.event;

import io.rspar.events.topic.Topic;
import io.rspar.kit.service.Service;
import io.rspar.kit.trace.Tracing;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consumes topics and runs one job at a time. A poll thread owns the Kafka clients; a worker thread
 * does the work. While a job runs the poll thread goes on polling, so the member stays in its group
 * however long the job takes; what it fetches waits in a {@link Backlog}, and partitions of which
 * something waits are paused. When the job has ended, its events and the record's offset are
 * committed in one transaction.
 *
 * <p>What can go wrong, and what happens:
 *
 * <ul>
 *   <li>The partition has to move to another member: of independent records, the move waits for the
 *       job; otherwise the job is cancelled and its result discarded.
 *   <li>The session with the brokers fails: a new one begins; a job goes on if its partition comes
 *       back uncommitted.
 *   <li>The work fails for a reason that may pass: its partition waits, the others go on.
 *   <li>Nobody waits for the result any more: the job is given up and its record counts as done.
 *   <li>The process dies: the record comes again, at most {@link JobSettings#maxDeliveries} times.
 *       Deliveries are counted in the metadata of the committed offset.
 * </ul>
 */
public final class EventLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);

  /** Bounds how late a stop is noticed. */
  private static final Duration POLL = Duration.ofMillis(50);

  /** The same while a job runs: bounds how late its end is noticed. */
  private static final Duration SHORT_POLL = Duration.ofMillis(10);

  /** How often a loop without a job looks for what is missing. */
  private static final Duration IDLE_CHECK = Duration.ofSeconds(20);

  /** Offsets that a live transaction commits are known well before. */
  private static final Duration POSITION_PATIENCE = Duration.ofSeconds(60);

  private static final Duration FIRST_RECONNECT = Duration.ofSeconds(1);
  private static final Duration LONGEST_RECONNECT = Duration.ofSeconds(30);

  private static final String DELIVERIES = "deliveries=";

  private final String name;
  private final String group;
  private final List<String> topics;
  private final KafkaClients clients;
  private final JobSettings settings;
  private final Handler handler;
  private final LoopMetrics metrics;
  private final Tracing tracing;
  private final AutoCloseable owned;
  private final String transactionalId;
  private final ExecutorService worker;
  private final Thread thread;

  private volatile LoopState state = LoopState.STARTING;
  private volatile boolean stopping;
  private volatile Job job;

  private EventLoop(
      Service service, String group, LoopContext context, Handler handler, AutoCloseable owned) {
    this.name = service.id();
    this.group = group;
    this.topics = service.inputs().stream().map(Topic::topicName).toList();
    this.clients = context.clients();
    this.settings = context.settings();
    this.tracing = context.tracing().apply(service);
    this.handler = new TracedHandler(handler, tracing);
    this.metrics = new LoopMetrics(context.registry(), name);
    this.owned = owned;
    this.transactionalId = group + "-" + UUID.randomUUID();
    this.worker = Executors.newSingleThreadExecutor(task -> daemon(task, "rspar-" + name));
    this.thread = daemon(this::run, "rspar-" + name + "-poll");
  }

  /**
   * A loop that hands records to a stateless worker. It begins with {@link #start}.
   *
   * @param kind appended to the group's name, so that each kind of worker sees every record; empty
   *     for one group of all
   */
  public static EventLoop working(
      Service service, String kind, LoopContext context, Worker worker) {
    Clock clock = Clock.systemUTC();
    Outbox outbox = new Outbox(context.codec(), "/rspar/" + service.id(), clock);
    ProgressPublisher progress = new ProgressPublisher(context.clients(), outbox, clock);
    return new EventLoop(
        service,
        kind.isEmpty() ? service.group() : service.group() + "-" + kind,
        context,
        new WorkHandler(
            service,
            worker,
            new FailureEvents(service, clock),
            context.codec(),
            new JobRunner(outbox, context.settings()),
            progress::publish,
            context.unwanted()::contains),
        progress);
  }

  /** A loop that folds events into the states of requests. It begins with {@link #start}. */
  public static <S> EventLoop processing(Service service, LoopContext context, Process<S> process) {
    Clock clock = Clock.systemUTC();
    Outbox outbox = new Outbox(context.codec(), "/rspar/" + service.id(), clock);
    ProgressPublisher progress = new ProgressPublisher(context.clients(), outbox, clock);
    return new EventLoop(
        service,
        service.group(),
        context,
        new ProcessHandler<>(
            process,
            service,
            () -> new KafkaHistory(context.clients(), service.group()),
            context.codec(),
            new JobRunner(outbox, context.settings()),
            progress::publish,
            context.unwanted()::contains),
        progress);
  }

  public void start() {
    thread.start();
  }

  /** The service's name. */
  public String name() {
    return name;
  }

  public LoopState state() {
    return state;
  }

  /**
   * Whether the loop does what it should: it has not ended by itself, and its job has shown life
   * within the deadline. One that has not begun yet is healthy.
   */
  public boolean healthy() {
    Job current = job;
    boolean alive = thread.getState() != Thread.State.TERMINATED || state == LoopState.STOPPED;
    return alive
        && state != LoopState.BROKEN
        && (current == null || current.sinceLastSign().compareTo(settings.deadline()) < 0);
  }

  /** What it is doing, for a person to read. */
  public String describe() {
    Job current = job;
    return current == null
        ? state.name()
        : "%s, %s for %d s".formatted(state, current, current.age().toSeconds());
  }

  /**
   * Stops: lets the running job end within {@link JobSettings#shutdownGrace} and publishes its
   * result, else abandons it to another worker.
   */
  @Override
  public void close() {
    stopping = true;
    try {
      thread.join(settings.shutdownGrace().plusSeconds(10).toMillis());
      worker.shutdown();
      // A native operation that is cut off by the end of the process can crash it.
      if (!worker.awaitTermination(settings.shutdownGrace().toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("{}: abandoned {} while it was still running", name, job);
      }
      owned.close();
      tracing.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      LOG.warn("{}: not everything could be closed", name, e);
    }
  }

  private void run() {
    Duration pause = FIRST_RECONNECT;
    try {
      while (!stopping) {
        try {
          session();
        } catch (InterruptException e) {
          throw e;
        } catch (KafkaException e) {
          LOG.warn("{}: session with the brokers failed, next in {}: {}", name, pause, describe(e));
          LOG.debug("{}: cause", name, e);
          metrics.sessionRestarted();
          pause = state == LoopState.RUNNING ? FIRST_RECONNECT : longer(pause);
          state = LoopState.RECONNECTING;
          sleepUnlessStopping(pause);
        }
      }
      state = LoopState.STOPPED;
    } catch (RuntimeException e) {
      state = LoopState.BROKEN;
      LOG.error("{}: the loop has ended: {}", name, e.getMessage(), e);
    }
  }

  private void session() {
    try (Admin admin = clients.admin()) {
      TopicSetup.ensure(admin, clients.settings().replicationFactor());
    }
    try (KafkaProducer<byte[], byte[]> producer = clients.transactionalProducer(transactionalId);
        KafkaConsumer<byte[], byte[]> consumer =
            clients.member(group, handler.sharing().assignor())) {
      new Session(producer, consumer).run();
    } finally {
      if (handler.sharing() == Handler.Sharing.CO_PARTITIONED) {
        forgetAll();
      }
    }
  }

  /** Others may advance the state before this member is back. */
  private void forgetAll() {
    if (job != null) {
      job.move();
    }
    worker.execute(() -> handler.retain(Set.of()));
  }

  /** One membership in the group. */
  private final class Session implements ConsumerRebalanceListener {
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Backlog backlog = new Backlog();
    private final UnknownPositions unknownPositions = new UnknownPositions();
    private long lastCheckNanos = System.nanoTime();
    private boolean ending;

    Session(KafkaProducer<byte[], byte[]> producer, KafkaConsumer<byte[], byte[]> consumer) {
      this.producer = producer;
      this.consumer = consumer;
    }

    void run() {
      // Also settles a transaction whose commit was in doubt when the last session failed.
      producer.initTransactions();
      consumer.subscribe(topics, this);
      try {
        while (!stopping) {
          step();
        }
        drain();
      } finally {
        ending = true;
      }
    }

    private void step() {
      consumer.poll(job == null ? POLL : SHORT_POLL).forEach(backlog::add);
      // The first poll may find no broker: assignments say that the group has taken us in.
      if (state != LoopState.RUNNING && !consumer.groupMetadata().memberId().isEmpty()) {
        state = LoopState.RUNNING;
        LOG.info("{}: consuming {} as {}", name, topics, group);
      }
      if (job != null && !job.unwanted() && handler.isUnwanted(job)) {
        LOG.info("{}: {} is not wanted any more", name, job);
        job.drop();
      }
      if (job != null && job.outcome().isDone()) {
        end();
      }
      if (job == null) {
        backlog.take(System.nanoTime()).ifPresent(this::begin);
      }
      holdWhatWaits();
      if (job == null && System.nanoTime() - lastCheckNanos > IDLE_CHECK.toNanos()) {
        lastCheckNanos = System.nanoTime();
        worker.execute(handler::idle);
        sayWhatHangs();
      }
    }

    /** A consumer that waits for its group's offsets is silent about it. */
    private void sayWhatHangs() {
      List<TopicPartition> unknown =
          unknownPositions.of(consumer, POSITION_PATIENCE, System.nanoTime());
      if (!unknown.isEmpty()) {
        LOG.warn(
            "{}: the brokers have not said for more than {} s where group {} stands in {}; if a"
                + " transaction hangs there, `rspar topics --check` names it and `--apply` ends it",
            name,
            POSITION_PATIENCE.toSeconds(),
            group,
            unknown);
      }
    }

    /** Nothing more is fetched of partitions whose records wait or are being worked on. */
    private void holdWhatWaits() {
      Set<TopicPartition> held = backlog.partitions();
      if (job != null) {
        held.add(job.partition());
      }
      held.retainAll(consumer.assignment());
      Set<TopicPartition> released = new HashSet<>(consumer.paused());
      released.removeAll(held);
      consumer.resume(released);
      consumer.pause(held);
    }

    private void begin(Backlog.Waiting next) {
      ConsumerRecord<byte[], byte[]> record = next.record();
      OptionalInt delivery =
          next.attempt() == 1 ? deliver(record) : OptionalInt.of(next.delivery());
      if (delivery.isEmpty()) {
        return;
      }
      Job begun = new Job(record, delivery.getAsInt(), next.attempt(), settings.progressInterval());
      begun.startedAs(worker.submit(() -> handler.handle(begun)));
      job = begun;
      metrics.jobStarted();
      LOG.info(
          "{}: {} begins (delivery {}, attempt {})",
          name,
          begun,
          begun.delivery(),
          begun.attempt());
    }

    /** Marks a record as handed out; empty if the group is about to divide the partitions anew. */
    private OptionalInt deliver(ConsumerRecord<byte[], byte[]> record) {
      TopicPartition partition = new TopicPartition(record.topic(), record.partition());
      OffsetAndMetadata committed = consumer.committed(Set.of(partition)).get(partition);
      int delivery = 1 + deliveries(committed, record.offset());
      try {
        consumer.commitSync(Map.of(partition, mark(record, delivery)));
        return OptionalInt.of(delivery);
      } catch (CommitFailedException | RebalanceInProgressException e) {
        backlog.drop(Set.of(partition));
        consumer.seek(partition, record.offset());
        return OptionalInt.empty();
      }
    }

    /** Settles a job that has ended; keeps it while a rebalance has its partition in suspense. */
    private void end() {
      if (job.moved()) {
        LOG.info("{}: {} discarded: its partition has moved", name, job);
        metrics.jobDiscarded(job);
        job = null;
        return;
      }
      if (!consumer.assignment().contains(job.partition())) {
        return;
      }
      // Whatever became of work that nobody waits for, its record is done.
      Outcome outcome = job.unwanted() ? Outcome.nothing() : outcomeOf(job);
      if (outcome.retryAfter().isPresent()) {
        putBack(outcome);
        return;
      }
      if (!publish(outcome)) {
        return;
      }
      worker.execute(outcome.afterCommit());
      if (job.unwanted()) {
        metrics.jobDropped(job);
      } else {
        metrics.jobPublished(job, outcome);
      }
      LOG.info(
          "{}: {} ended after {} ms: {} events{}",
          name,
          job,
          job.age().toMillis(),
          outcome.records().size(),
          outcome.failure().map(f -> ", failed: " + f.reason()).orElse(""));
      goPast(job);
      job = null;
    }

    /** After a rebalance the partition may stand at the record that is now done. */
    private void goPast(Job done) {
      long next = done.record().offset() + 1;
      if (consumer.position(done.partition()) < next) {
        backlog.drop(Set.of(done.partition()));
        consumer.seek(done.partition(), next);
      }
    }

    private void putBack(Outcome outcome) {
      Duration wait = outcome.retryAfter().orElseThrow();
      LOG.info("{}: {} is tried again in {}", name, job, wait);
      metrics.jobPutBack(outcome.failure().orElseThrow());
      if (stopping) {
        release(job);
      }
      backlog.again(job, System.nanoTime() + wait.toNanos());
      job = null;
    }

    private Outcome outcomeOf(Job ended) {
      try {
        return ended.outcome().get();
      } catch (ExecutionException e) {
        job = null;
        metrics.jobDiscarded(ended);
        if (e.getCause() instanceof KafkaException kafka) {
          release(ended);
          throw kafka;
        }
        throw new IllegalStateException("Handling of " + ended + " failed", e.getCause());
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }

    /** Whether it worked; if not, the group has moved on and a rebalance is about to tell how. */
    private boolean publish(Outcome outcome) {
      producer.beginTransaction();
      // A send that fails makes the commit fail.
      outcome.records().forEach(producer::send);
      Map<TopicPartition, OffsetAndMetadata> next =
          Map.of(job.partition(), new OffsetAndMetadata(job.record().offset() + 1));
      try {
        producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
        producer.commitTransaction();
        return true;
      } catch (CommitFailedException e) {
        LOG.info("{}: {} waits for a rebalance: {}", name, job, describe(e));
        producer.abortTransaction();
        return false;
      }
    }

    private void drain() {
      long deadline = System.nanoTime() + settings.shutdownGrace().toNanos();
      while (job != null && !job.moved() && System.nanoTime() < deadline) {
        consumer.pause(consumer.assignment());
        consumer.poll(SHORT_POLL);
        if (job.outcome().isDone()) {
          end();
        }
      }
      if (job != null) {
        job.move();
        release(job);
      }
    }

    /**
     * An orderly stop is no death, and neither is it when brokers or registry are away: that does
     * not count as a delivery.
     */
    private void release(Job unfinished) {
      if (consumer.assignment().contains(unfinished.partition())) {
        consumer.commitSync(
            Map.of(unfinished.partition(), mark(unfinished.record(), unfinished.delivery() - 1)));
      }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      Set<TopicPartition> all = consumer.assignment();
      backlog.drop(assigned);
      if (job != null) {
        boolean ours = all.contains(job.partition());
        if (!ours || (assigned.contains(job.partition()) && committedBeyond(job))) {
          job.move();
        }
        if (ours) {
          consumer.pause(Set.of(job.partition()));
        }
      }
      Set<Integer> partitions =
          all.stream().map(TopicPartition::partition).collect(Collectors.toSet());
      worker.execute(() -> handler.retain(partitions));
    }

    private boolean committedBeyond(Job job) {
      OffsetAndMetadata committed =
          consumer.committed(Set.of(job.partition())).get(job.partition());
      return committed != null && committed.offset() > job.record().offset();
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
      // Of co-partitioned topics onPartitionsAssigned tells which of them are really gone. When the
      // session ends, the job stays for the next one to settle.
      if (handler.sharing() == Handler.Sharing.INDEPENDENT
          && !ending
          && job != null
          && !job.moved()
          && revoked.contains(job.partition())) {
        finishBefore(clients.settings().maxPollInterval().multipliedBy(3).dividedBy(4));
      }
      backlog.drop(revoked);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> lost) {
      backlog.drop(lost);
      if (handler.sharing() == Handler.Sharing.CO_PARTITIONED) {
        forgetAll();
      }
    }

    /**
     * The group waits for this member no longer than the poll interval; a quarter of it is left for
     * the commit.
     */
    private void finishBefore(Duration grace) {
      LOG.info("{}: {} has to move; waiting for its job, at most {}", name, job.partition(), grace);
      try {
        job.outcome().get(grace.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        job.move();
        return;
      } catch (ExecutionException e) {
        return; // told when it is settled
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
      end();
    }
  }

  private static OffsetAndMetadata mark(ConsumerRecord<byte[], byte[]> record, int deliveries) {
    return new OffsetAndMetadata(record.offset(), record.leaderEpoch(), DELIVERIES + deliveries);
  }

  /** How often the record at this offset was handed out before. */
  private static int deliveries(OffsetAndMetadata committed, long offset) {
    if (committed == null
        || committed.offset() != offset
        || !committed.metadata().startsWith(DELIVERIES)) {
      return 0;
    }
    try {
      return Integer.parseInt(committed.metadata().substring(DELIVERIES.length()));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static Duration longer(Duration pause) {
    Duration doubled = pause.multipliedBy(2);
    return doubled.compareTo(LONGEST_RECONNECT) > 0 ? LONGEST_RECONNECT : doubled;
  }

  private void sleepUnlessStopping(Duration pause) {
    long deadline = System.nanoTime() + pause.toNanos();
    while (!stopping && System.nanoTime() < deadline) {
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }

  private static String describe(KafkaException e) {
    return e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
