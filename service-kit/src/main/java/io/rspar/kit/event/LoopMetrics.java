package io.rspar.kit.event;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rspar.kit.failure.Failure;
import io.rspar.kit.metric.Metric;
import java.util.concurrent.atomic.AtomicInteger;

/** A loop's meters. */
final class LoopMetrics {
  private final MeterRegistry registry;
  private final String service;
  private final AtomicInteger running = new AtomicInteger();

  LoopMetrics(MeterRegistry registry, String service) {
    this.registry = registry;
    this.service = service;
    Gauge.builder(Metric.JOBS_RUNNING.meterName(), running, AtomicInteger::get)
        .description(Metric.JOBS_RUNNING.description())
        .tag("service", service)
        .register(registry);
  }

  void jobStarted() {
    running.incrementAndGet();
  }

  void jobPublished(Job job, Outcome outcome) {
    String reason = outcome.failure().map(f -> f.reason().name()).orElse("none");
    jobEnded(job, outcome.failure().isPresent() ? "failed" : "completed", reason);
    if (outcome.deadLetter()) {
      count(Metric.DEAD_LETTERS, "reason", reason);
    }
  }

  /** Its partition has moved, or the session has failed under it. */
  void jobDiscarded(Job job) {
    jobEnded(job, "discarded", "none");
  }

  /** Nobody waited for its result. */
  void jobDropped(Job job) {
    jobEnded(job, "dropped", "none");
  }

  /** It will be tried again. */
  void jobPutBack(Failure failure) {
    running.decrementAndGet();
    count(Metric.RETRIES, "reason", failure.reason().name());
  }

  void sessionRestarted() {
    count(Metric.SESSION_RESTARTS);
  }

  private void jobEnded(Job job, String outcome, String reason) {
    running.decrementAndGet();
    count(Metric.JOBS, "outcome", outcome, "reason", reason);
    Timer.builder(Metric.JOB_DURATION.meterName())
        .description(Metric.JOB_DURATION.description())
        .tags("service", service, "outcome", outcome)
        .register(registry)
        .record(job.age());
  }

  private void count(Metric metric, String... tags) {
    Counter.builder(metric.meterName())
        .description(metric.description())
        .tag("service", service)
        .tags(tags)
        .register(registry)
        .increment();
  }
}
