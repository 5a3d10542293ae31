package io.rspar.kit.metric;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidateProposed;
import io.rspar.events.CandidatePruned;
import io.rspar.events.LatencyComparison;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.kit.event.Outgoing;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.apache.avro.specific.SpecificRecord;

/** Meters a worker's work: how long events waited, how long work took, what came of it. */
public final class WorkMeter {
  private final MeterRegistry registry;
  private final Clock clock;
  private final String service;

  /**
   * @param service id of the service
   */
  public WorkMeter(MeterRegistry registry, Clock clock, String service) {
    this.registry = registry;
    this.clock = clock;
    this.service = service;
  }

  /** Work on one event. */
  @FunctionalInterface
  public interface Work {
    List<Outgoing> run() throws Exception;
  }

  /** Does the work and meters it; work that throws has waited but not been done. */
  public List<Outgoing> measure(SpecificRecord event, Work work) throws Exception {
    Instant since = publishedAt(event);
    if (since != null) {
      Duration age = Duration.between(since, clock.instant());
      timer(Metric.QUEUE_AGE, "service", service).record(age.isNegative() ? Duration.ZERO : age);
    }
    long start = System.nanoTime();
    List<Outgoing> out = work.run();
    PruningRequest request = requestOf(event);
    if (request != null) {
      timer(
              Metric.WORK_DURATION,
              "service",
              service,
              "method",
              tag(request.getMethod()),
              "criterion",
              tag(request.getCriterion()))
          .record(Duration.ofNanos(System.nanoTime() - start));
    }
    for (Outgoing outgoing : out) {
      if (outgoing.event() instanceof CandidateEvaluated evaluated && request != null) {
        evaluated(evaluated, request);
      }
    }
    return out;
  }

  private void evaluated(CandidateEvaluated candidate, PruningRequest request) {
    DistributionSummary.builder(Metric.REWARD.meterName())
        .description(Metric.REWARD.description())
        .tags("method", tag(request.getMethod()), "purpose", tag(candidate.getPurpose()))
        .register(registry)
        .record(candidate.getReward());
    LatencyComparison latency = candidate.getLatency();
    record(latency, "original", latency.getDense().getP50Nanos());
    record(latency, "pruned", latency.getPruned().getP50Nanos());
  }

  private void record(LatencyComparison latency, String model, long medianNanos) {
    timer(
            Metric.DEVICE_LATENCY,
            "device.class",
            latency.getDeviceClass(),
            "model",
            model,
            "validity",
            tag(latency.getValidity()))
        .record(Duration.ofNanos(medianNanos));
  }

  private Timer timer(Metric metric, String... tags) {
    return Timer.builder(metric.meterName())
        .description(metric.description())
        .tags(tags)
        .register(registry);
  }

  private static String tag(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static PruningRequest requestOf(SpecificRecord event) {
    if (event instanceof PruningRequested requested) {
      return requested.getRequest();
    }
    if (event instanceof CandidateProposed proposed) {
      return proposed.getRequest();
    }
    return event instanceof CandidatePruned pruned ? pruned.getRequest() : null;
  }

  private static Instant publishedAt(SpecificRecord event) {
    if (event instanceof PruningRequested requested) {
      return requested.getRequest().getSubmittedAt();
    }
    if (event instanceof CandidateProposed proposed) {
      return proposed.getProposedAt();
    }
    return event instanceof CandidatePruned pruned ? pruned.getPrunedAt() : null;
  }
}
