package io.rspar.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.events.EnergyComparison;
import io.rspar.events.LatencyComparison;
import io.rspar.events.LatencyMeasurement;
import io.rspar.events.PruningTarget;
import io.rspar.events.TargetMetric;
import io.rspar.events.Validity;
import org.junit.jupiter.api.Test;

class RewardTest {

  @Test
  void meetingTheTargetCostsNothingAndUndercuttingGainsNothing() {
    assertThat(reward(TargetMetric.MACS, true, 0.5, 50, 0.7)).isEqualTo(0.9);
    assertThat(reward(TargetMetric.MACS, true, 0.5, 20, 0.7)).isEqualTo(0.9);
  }

  @Test
  void missingTheTargetByATenthCostsTenPoints() {
    assertThat(reward(TargetMetric.MACS, true, 0.5, 55, 0.7)).isCloseTo(0.8, within(1e-9));
    assertThat(reward(TargetMetric.MACS, false, 50, 55, 0.7)).isCloseTo(0.8, within(1e-9));
  }

  @Test
  void aLatencyTargetLooksAtMeasuredLatencyNotAtMacs() {
    assertThat(reward(TargetMetric.LATENCY, true, 0.5, 10, 0.55)).isCloseTo(0.8, within(1e-9));
    assertThat(reward(TargetMetric.LATENCY, false, 0.5, 10, 0.55)).isCloseTo(0.8, within(1e-9));
  }

  @Test
  void anEnergyTargetLooksAtMeasuredEnergy() {
    assertThat(reward(TargetMetric.ENERGY, true, 0.5, 10, 0.1)).isCloseTo(0.7, within(1e-9));
    assertThat(reward(TargetMetric.ENERGY, false, 6, 10, 0.1)).isCloseTo(0.9, within(1e-9));
  }

  /** The dense model is right on 92 %. */
  @Test
  void withinTheAllowedLossOnlySpeedCounts() {
    assertThat(reward(TargetMetric.ACCURACY_LOSS, false, 0.03, 10, 0.7))
        .isCloseTo(0.3, within(1e-9));
    assertThat(reward(TargetMetric.ACCURACY_LOSS, false, 0.01, 10, 0.7))
        .as("a point too much costs a tenth of the latency")
        .isCloseTo(0.2, within(1e-9));
  }

  /** A dense model of 100 MACs, 1 ms and 10 mJ; the pruned one takes 6 mJ. */
  private static double reward(
      TargetMetric metric, boolean relative, double target, long macs, double latencyRatio) {
    return Reward.of(
        0.9,
        0.92,
        PruningTarget.newBuilder().setMetric(metric).setRelative(relative).setValue(target).build(),
        100,
        1000,
        macs,
        500,
        latency(latencyRatio),
        EnergyComparison.newBuilder()
            .setDenseMillijoules(10)
            .setPrunedMillijoules(6)
            .setRatio(0.6)
            .setMeter("test")
            .setBlocks(1)
            .build());
  }

  private static LatencyComparison latency(double ratio) {
    return LatencyComparison.newBuilder()
        .setDense(measurement(1_000_000))
        .setPruned(measurement((long) (ratio * 1_000_000)))
        .setRatio(ratio)
        .setRatioLow(ratio)
        .setRatioHigh(ratio)
        .setValidity(Validity.VALID)
        .setInvalidReason(null)
        .setRuntime("test")
        .setDeviceClass("test")
        .setDevice("test")
        .setThreads(1)
        .setBatchSize(1)
        .setWarmup(0)
        .build();
  }

  private static LatencyMeasurement measurement(long nanos) {
    return LatencyMeasurement.newBuilder()
        .setP50Nanos(nanos)
        .setP90Nanos(nanos)
        .setP99Nanos(nanos)
        .setMeanNanos(nanos)
        .setStdNanos(0)
        .setSamples(100)
        .build();
  }
}
