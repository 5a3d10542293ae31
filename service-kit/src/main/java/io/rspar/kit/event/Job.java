package io.rspar.kit.event;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.rspar.kit.trace.TraceHeaders;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** One record's work, from being handed out to being committed or discarded. */
final class Job implements JobContext {
  /** Takes progress reports. */
  @FunctionalInterface
  interface ProgressListener {
    void progress(double share, String detail);
  }

  private final ConsumerRecord<byte[], byte[]> record;
  private final int delivery;
  private final int attempt;
  private final Duration progressInterval;
  private final long startNanos = System.nanoTime();
  private volatile long lastSignNanos = startNanos;
  private volatile boolean moved;
  private volatile boolean unwanted;
  private volatile String requestId;
  private volatile Context trace;
  private volatile ProgressListener listener = (share, detail) -> {};
  private long lastReportNanos;
  private boolean reported;
  private Future<Outcome> outcome;

  /**
   * @param delivery how often this record was handed out to a process, this one included
   * @param attempt how often this process has tried it, this time included
   */
  Job(ConsumerRecord<byte[], byte[]> record, int delivery, int attempt, Duration progressInterval) {
    this.record = record;
    this.delivery = delivery;
    this.attempt = attempt;
    this.progressInterval = progressInterval;
    this.trace = TraceHeaders.read(record.headers());
  }

  ConsumerRecord<byte[], byte[]> record() {
    return record;
  }

  TopicPartition partition() {
    return new TopicPartition(record.topic(), record.partition());
  }

  int delivery() {
    return delivery;
  }

  /** Its events come from this span; without it, from whatever span its record came from. */
  void tracedBy(Span span) {
    trace = Context.root().with(span);
  }

  Context trace() {
    return trace;
  }

  void startedAs(Future<Outcome> outcome) {
    this.outcome = outcome;
  }

  Future<Outcome> outcome() {
    return outcome;
  }

  /** Tells whose work it is, as soon as the record has been read. */
  void serves(String requestId, ProgressListener listener) {
    this.requestId = requestId;
    this.listener = listener;
  }

  /** The request, once {@link #serves} has told it. */
  Optional<String> requestId() {
    return Optional.ofNullable(requestId);
  }

  /** The record is another worker's now: nothing may be published or committed. */
  void move() {
    moved = true;
  }

  boolean moved() {
    return moved;
  }

  /** Nobody waits for the result: the record counts as done, and nothing is published. */
  void drop() {
    unwanted = true;
  }

  boolean unwanted() {
    return unwanted;
  }

  Duration age() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  Duration sinceLastSign() {
    return Duration.ofNanos(System.nanoTime() - lastSignNanos);
  }

  @Override
  public void progress(double share, String detail) {
    long now = System.nanoTime();
    lastSignNanos = now;
    if (cancelled()) {
      throw new JobAbandonedException(this);
    }
    if (!reported || now - lastReportNanos >= progressInterval.toNanos()) {
      step(share, detail);
    }
  }

  @Override
  public void step(double share, String detail) {
    lastSignNanos = System.nanoTime();
    lastReportNanos = lastSignNanos;
    reported = true;
    listener.progress(Math.max(0, Math.min(1, share)), detail);
  }

  @Override
  public boolean cancelled() {
    return moved || unwanted;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public String toString() {
    return "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
  }
}
