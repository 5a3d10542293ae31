package io.rspar.kit.event;

import java.time.Duration;
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
  private final Duration progressInterval;
  private final long startNanos = System.nanoTime();
  private volatile long lastSignNanos = startNanos;
  private volatile boolean cancelled;
  private volatile ProgressListener listener = (share, detail) -> {};
  private volatile int attempt = 1;
  private long lastReportNanos;
  private boolean reported;
  private Future<Outcome> outcome;

  /**
   * @param delivery how often this record was handed out, this time included
   */
  Job(ConsumerRecord<byte[], byte[]> record, int delivery, Duration progressInterval) {
    this.record = record;
    this.delivery = delivery;
    this.progressInterval = progressInterval;
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

  void startedAs(Future<Outcome> outcome) {
    this.outcome = outcome;
  }

  Future<Outcome> outcome() {
    return outcome;
  }

  void reportTo(ProgressListener listener) {
    this.listener = listener;
  }

  void beginAttempt(int attempt) {
    this.attempt = attempt;
    this.lastSignNanos = System.nanoTime();
  }

  void cancel() {
    cancelled = true;
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
    return cancelled;
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
