package io.rspar.kit.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rspar.events.AccuracyMeasurement;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidatePruned;
import io.rspar.events.LatencyComparison;
import io.rspar.events.LatencyMeasurement;
import io.rspar.events.Purpose;
import io.rspar.events.Validity;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.TestEvents;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WorkMeterTest {
  private static final Instant PRUNED = Instant.parse("2026-01-01T00:00:00Z");
  private static final ArtifactRef REF =
      new ArtifactRef("rspar:sha256/" + "0".repeat(64), "0".repeat(64), 1L, "text/plain");

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final WorkMeter meter =
      new WorkMeter(registry, Clock.fixed(PRUNED.plusSeconds(7), ZoneOffset.UTC), "eval");

  @Test
  void whatACandidateWaitedTookAndEarnedIsMetered() throws Exception {
    List<Outgoing> out =
        meter.measure(pruned(), () -> List.of(Outgoing.of(Topic.EVALUATION_RESULTS, evaluated())));
    assertThat(out).hasSize(1);
    assertThat(
            registry
                .get("rspar.queue.age")
                .tag("service", "eval")
                .timer()
                .totalTime(TimeUnit.SECONDS))
        .isEqualTo(7);
    assertThat(
            registry
                .get("rspar.work.duration")
                .tags("service", "eval", "method", "curve-optimal", "criterion", "h-obs")
                .timer()
                .count())
        .isEqualTo(1);
    assertThat(
            registry
                .get("rspar.candidate.reward")
                .tags("method", "curve-optimal", "purpose", "exploration")
                .summary()
                .totalAmount())
        .isEqualTo(0.85);
    assertThat(deviceMicros("original")).isEqualTo(300);
    assertThat(deviceMicros("pruned")).isEqualTo(200);
  }

  @Test
  void workThatFailsHasWaitedButIsNotDone() {
    assertThatThrownBy(
            () ->
                meter.measure(
                    pruned(),
                    () -> {
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(registry.get("rspar.queue.age").timer().count()).isEqualTo(1);
    assertThat(registry.find("rspar.work.duration").timer()).isNull();
  }

  @Test
  void nativeMemoryIsPartOfTheProcess() {
    // A Java virtual machine without any native library still has its code and its stacks.
    assertThat(NativeMemory.bytes()).isBetween(1e6, 64e9);
  }

  private double deviceMicros(String model) {
    return registry
        .get("rspar.device.latency")
        .tags("device.class", "edge", "model", model, "validity", "valid")
        .timer()
        .totalTime(TimeUnit.MICROSECONDS);
  }

  private static CandidatePruned pruned() {
    return CandidatePruned.newBuilder(TestEvents.pruned(TestEvents.proposed("r", 0)))
        .setPrunedAt(PRUNED)
        .build();
  }

  private static CandidateEvaluated evaluated() {
    return CandidateEvaluated.newBuilder()
        .setRequestId("r")
        .setCandidateId("r.r0.c0")
        .setRound(0)
        .setIndex(0)
        .setPurpose(Purpose.EXPLORATION)
        .setModel(REF)
        .setPlan(REF)
        .setDenseAccuracy(new AccuracyMeasurement(0.9, 0.1, 10, "validation"))
        .setStages(List.of())
        .setMacs(1)
        .setParameters(1)
        .setModelBytes(1)
        .setDenseModelBytes(1)
        .setLatency(
            LatencyComparison.newBuilder()
                .setDense(latency(300_000))
                .setPruned(latency(200_000))
                .setRatio(0.67)
                .setRatioLow(0.6)
                .setRatioHigh(0.7)
                .setValidity(Validity.VALID)
                .setRuntime("test")
                .setDeviceClass("edge")
                .setDevice("test")
                .setThreads(1)
                .setBatchSize(1)
                .setWarmup(0)
                .build())
        .setReward(0.85)
        .setEvaluatedAt(PRUNED)
        .build();
  }

  private static LatencyMeasurement latency(long nanos) {
    return LatencyMeasurement.newBuilder()
        .setP50Nanos(nanos)
        .setP90Nanos(nanos)
        .setP99Nanos(nanos)
        .setMeanNanos(nanos)
        .setStdNanos(0)
        .setSamples(1)
        .build();
  }
}
