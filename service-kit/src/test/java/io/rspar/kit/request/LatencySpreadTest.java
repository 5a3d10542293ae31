package io.rspar.kit.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.Purpose;
import io.rspar.events.TargetMetric;
import io.rspar.kit.event.TestEvents;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LatencySpreadTest {

  @ParameterizedTest
  @EnumSource(names = {"LATENCY", "ACCURACY_LOSS"})
  void candidatesThatLatencyChoosesAreMeasuredOverTime(TargetMetric metric) {
    assertThat(LatencySpread.seconds(request(metric), Purpose.EXPLORATION)).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(names = {"MACS", "PARAMETERS", "ENERGY"})
  void othersAreMeasuredWithoutPauses(TargetMetric metric) {
    assertThat(LatencySpread.seconds(request(metric), Purpose.EXPLORATION)).isZero();
  }

  @Test
  void theFinalModelIsMeasuredOverTheLongestTime() {
    assertThat(LatencySpread.seconds(request(TargetMetric.LATENCY), Purpose.FINAL)).isEqualTo(6);
    assertThat(LatencySpread.seconds(request(TargetMetric.MACS), Purpose.FINAL)).isEqualTo(6);
  }

  private static PruningRequest request(TargetMetric metric) {
    return PruningRequest.newBuilder(TestEvents.request("spread"))
        .setTarget(
            PruningTarget.newBuilder().setMetric(metric).setRelative(true).setValue(0.5).build())
        .setMeasurement(MeasurementSettings.newBuilder().setSpreadSeconds(2).build())
        .build();
  }
}
