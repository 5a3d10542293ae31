package io.rspar.kit.event;

import io.micrometer.core.instrument.MeterRegistry;
import io.rspar.events.topic.Topic;
import io.rspar.kit.service.Service;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
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
 * does the work. While a job runs, all partitions are paused and the poll thread goes on polling,
 * so the member stays in its group however long the job takes. When the job has ended, its events
 * and the record's offset are committed in one transaction.
 *
 * <p>What can go wrong, and what happens:
 *
 * <ul>
 *   <li>The partition has to move to another member: of independent records, the move waits for the
 *       job; otherwise the job is cancelled and its result discarded.
 *   <li>The session with the brokers fails: a new one begins; a job goes on if its partition comes
 *       back uncommitted.
 *   <li>The process dies: the record comes again, at most {@link JobSettings#maxDeliveries} times.
 *       Deliveries are counted in the metadata of the committed offset.
 * </ul>
 */
public final class EventLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);

  /** Bounds how late a finished job is noticed, and how late a stop. */
  private static final Duration POLL = Duration.ofMillis(50);

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
  private final AutoCloseable owned;
  private final String transactionalId;
  private final ExecutorService worker;
  private final Thread thread;

  private volatile LoopState state = LoopState.STARTING;
  private volatile boolean stopping;
  private volatile Job job;

  private EventLoop(
      String name,
      String group,
      List<Topic> topics,
      KafkaClients clients,
      JobSettings settings,
      Handler handler,
      LoopMetrics metrics,
      AutoCloseable owned) {
    this.name = name;
    this.group = group;
    this.topics = topics.stream().map(Topic::topicName).toList();
    this.clients = clients;
    this.settings = settings;
    this.handler = handler;
    this.metrics = metrics;
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
      Service service,
      String kind,
      KafkaClients clients,
      EventCodec codec,
      JobSettings settings,
      MeterRegistry registry,
      Worker worker) {
    Clock clock = Clock.systemUTC();
    LoopMetrics metrics = new LoopMetrics(registry, service.id());
    Outbox outbox = new Outbox(codec, "/rspar/" + service.id(), clock);
    ProgressPublisher progress = new ProgressPublisher(clients, outbox, clock);
    return new EventLoop(
        service.id(),
        kind.isEmpty() ? service.group() : service.group() + "-" + kind,
        service.inputs(),
        clients,
        settings,
        new WorkHandler(
            worker,
            codec,
            new JobRunner(outbox, settings, metrics::retried),
            (id, share, detail) -> progress.publish(id, service.stage(), share, detail)),
        metrics,
        progress);
  }

  /** A loop that folds events into the states of requests. It begins with {@link #start}. */
  public static <S> EventLoop processing(
      Service service,
      KafkaClients clients,
      EventCodec codec,
      JobSettings settings,
      MeterRegistry registry,
      Process<S> process) {
    Clock clock = Clock.systemUTC();
    LoopMetrics metrics = new LoopMetrics(registry, service.id());
    Outbox outbox = new Outbox(codec, "/rspar/" + service.id(), clock);
    ProgressPublisher progress = new ProgressPublisher(clients, outbox, clock);
    return new EventLoop(
        service.id(),
        service.group(),
        service.inputs(),
        clients,
        settings,
        new ProcessHandler<>(
            process,
            service.inputs(),
            service.group(),
            clients,
            codec,
            new JobRunner(outbox, settings, metrics::retried),
            (id, share, detail) -> progress.publish(id, service.stage(), share, detail)),
        metrics,
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
   * Whether the loop does what it should: alive, and its job has shown life within the deadline.
   */
  public boolean healthy() {
    Job current = job;
    boolean alive = thread.isAlive() || state == LoopState.STOPPED;
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
      job.cancel();
    }
    worker.execute(() -> handler.retain(Set.of()));
  }

  /** One membership in the group. */
  private final class Session implements ConsumerRebalanceListener {
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> consumer;
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
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        begin(record);
      }
      // The first poll may find no broker: assignments say that the group has taken us in.
      if (state != LoopState.RUNNING && !consumer.groupMetadata().memberId().isEmpty()) {
        state = LoopState.RUNNING;
        LOG.info("{}: consuming {} as {}", name, topics, group);
      }
      if (job != null && job.outcome().isDone()) {
        end();
      }
    }

    private void begin(ConsumerRecord<byte[], byte[]> record) {
      TopicPartition partition = new TopicPartition(record.topic(), record.partition());
      OffsetAndMetadata committed = consumer.committed(Set.of(partition)).get(partition);
      int delivery = 1 + deliveries(committed, record.offset());
      try {
        consumer.commitSync(Map.of(partition, mark(record, delivery)));
      } catch (CommitFailedException | RebalanceInProgressException e) {
        consumer.seek(partition, record.offset());
        return;
      }
      consumer.pause(consumer.assignment());
      Job next = new Job(record, delivery, settings.progressInterval());
      next.startedAs(worker.submit(() -> handler.handle(next)));
      job = next;
      metrics.jobStarted();
      LOG.info("{}: {} begins (delivery {})", name, next, delivery);
    }

    /** Settles a job that has ended; keeps it while a rebalance has its partition in suspense. */
    private void end() {
      if (job.cancelled()) {
        LOG.info("{}: {} discarded: its partition has moved", name, job);
        metrics.jobDiscarded(job);
      } else if (!consumer.assignment().contains(job.partition())) {
        return;
      } else {
        Outcome outcome = outcomeOf(job);
        if (!publish(outcome)) {
          return;
        }
        worker.execute(outcome.afterCommit());
        metrics.jobPublished(job, outcome);
        LOG.info(
            "{}: {} ended after {} ms: {} events{}",
            name,
            job,
            job.age().toMillis(),
            outcome.records().size(),
            outcome.failure().map(f -> ", failed: " + f.reason()).orElse(""));
        consumer.seek(job.partition(), job.record().offset() + 1);
      }
      job = null;
      consumer.resume(consumer.assignment());
    }

    private Outcome outcomeOf(Job ended) {
      try {
        return ended.outcome().get();
      } catch (ExecutionException e) {
        job = null;
        metrics.jobDiscarded(ended);
        if (e.getCause() instanceof KafkaException kafka) {
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
      while (job != null && !job.cancelled() && System.nanoTime() < deadline) {
        consumer.poll(POLL);
        if (job.outcome().isDone()) {
          end();
        }
      }
      if (job != null) {
        job.cancel();
        if (consumer.assignment().contains(job.partition())) {
          // An orderly stop is no death: it does not count as a delivery.
          consumer.commitSync(Map.of(job.partition(), mark(job.record(), job.delivery() - 1)));
        }
      }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      Set<TopicPartition> all = consumer.assignment();
      if (job != null) {
        consumer.pause(all);
        boolean ours = all.contains(job.partition());
        if (!ours || (assigned.contains(job.partition()) && committedBeyond(job))) {
          job.cancel();
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
      if (handler.sharing() == Handler.Sharing.CO_PARTITIONED) {
        return; // onPartitionsAssigned tells which of them are really gone
      }
      // When the session ends, the job stays for the next one to settle.
      if (!ending && job != null && !job.cancelled() && revoked.contains(job.partition())) {
        finishBefore(clients.settings().maxPollInterval().multipliedBy(3).dividedBy(4));
      }
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> lost) {
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
        job.cancel();
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
