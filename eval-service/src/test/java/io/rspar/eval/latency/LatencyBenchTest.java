package io.rspar.eval.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.events.LatencyComparison;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.Validity;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LatencyBenchTest {
  private final LatencyBench bench = new LatencyBench("test");

  @Test
  void quantilesAreNearestRank() {
    Distribution d = Distribution.of(new long[] {50, 10, 40, 20, 30});
    assertThat(d.quantile(0.5)).isEqualTo(30);
    assertThat(d.quantile(0.9)).isEqualTo(50);
    assertThat(d.quantile(0.2)).isEqualTo(10);
    assertThat(d.mean()).isEqualTo(30);
    assertThat(d.std()).isCloseTo(Math.sqrt(250), within(1e-9));
  }

  @Test
  void tooFewSamplesAreInvalidWithAReason() {
    LatencyComparison few = bench.comparison(times(1000, 5), times(500, 5), settings(30));
    assertThat(few.getValidity()).isEqualTo(Validity.INVALID);
    assertThat(few.getInvalidReason()).contains("5 of at least 30");
    LatencyComparison enough = bench.comparison(times(1000, 30), times(500, 30), settings(30));
    assertThat(enough.getValidity()).isEqualTo(Validity.VALID);
    assertThat(enough.getInvalidReason()).isNull();
  }

  @Test
  void theIntervalHoldsTheRatioAndWidensWithTheSpread() {
    LatencyComparison calm = bench.comparison(times(1000, 100), times(500, 100), settings(30));
    assertThat(calm.getRatio()).isCloseTo(0.5, within(0.03));
    assertThat(calm.getRatioLow()).isLessThanOrEqualTo(calm.getRatio());
    assertThat(calm.getRatioHigh()).isGreaterThanOrEqualTo(calm.getRatio());
    LatencyComparison wild = bench.comparison(times(1000, 100), spread(500, 100, 10), settings(30));
    assertThat(wild.getRatioHigh() - wild.getRatioLow())
        .isGreaterThan(calm.getRatioHigh() - calm.getRatioLow());
  }

  @Test
  void withoutAnySampleThereIsAnAnswerAllTheSame() {
    LatencyComparison none = bench.comparison(times(1, 0), times(1, 0), settings(30));
    assertThat(none.getValidity()).isEqualTo(Validity.INVALID);
    assertThat(none.getDense().getSamples()).isZero();
  }

  private static Distribution times(long centre, int count) {
    return spread(centre, count, 1);
  }

  private static Distribution spread(long centre, int count, int step) {
    return Distribution.of(
        LongStream.range(0, count).map(i -> centre + step * (i - count / 2)).toArray());
  }

  private static MeasurementSettings settings(int minimum) {
    return MeasurementSettings.newBuilder().setMinimumSamples(minimum).build();
  }
}
