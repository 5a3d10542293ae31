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
    LatencyComparison few = bench.comparison(sessions(5, 1), settings(30));
    assertThat(few.getValidity()).isEqualTo(Validity.INVALID);
    assertThat(few.getInvalidReason()).contains("5 of at least 30");
    LatencyComparison enough = bench.comparison(sessions(30, 1), settings(30));
    assertThat(enough.getValidity()).isEqualTo(Validity.VALID);
    assertThat(enough.getInvalidReason()).isNull();
  }

  /** Where the machine treats the models differently, but the original runs as ever. */
  @Test
  void aSpellOfTwoSessionsDoesNotDecideButWidensTheInterval() {
    LatencyComparison calm = bench.comparison(sessions(40, 1, 1, 1, 1, 1), settings(30));
    LatencyComparison spell = bench.comparison(sessions(40, 1, 1.2, 1.2, 1, 1), settings(30));
    assertThat(calm.getRatio()).isCloseTo(0.5, within(0.03));
    assertThat(spell.getRatio()).isCloseTo(0.5, within(0.03));
    assertThat(calm.getRatioHigh()).isLessThan(0.54);
    assertThat(spell.getRatioHigh()).isGreaterThan(0.58);
    assertThat(spell.getRatioLow()).isLessThanOrEqualTo(spell.getRatio());
  }

  @Test
  void sessionsInWhichTheOriginalWasSlowAreLeftOut() {
    Sessions sessions = sessions(40, 1, 1);
    sessions.add(times(1300, 40), times(800, 40));
    sessions.add(times(1300, 40), times(800, 40));
    sessions.add(times(1300, 40), times(800, 40));
    LatencyComparison measured = bench.comparison(sessions, settings(30));
    assertThat(measured.getRatio()).isCloseTo(0.5, within(0.03));
    assertThat(measured.getDisturbedSessions()).isEqualTo(3);
    assertThat(measured.getDense().getSamples()).isEqualTo(80);
  }

  @Test
  void sessionsBeforeTheFirstUndisturbedOneAreLeftOutToo() {
    Sessions sessions = new Sessions(Long.MAX_VALUE);
    sessions.add(times(1300, 40), times(800, 40));
    assertThat(sessions.undisturbed()).isEqualTo(1);
    sessions.add(times(1000, 40), times(500, 40));
    assertThat(sessions.undisturbed()).isEqualTo(1);
    assertThat(sessions.ratio()).isCloseTo(0.5, within(0.03));
  }

  @Test
  void whatIsKnownOfTheOriginalTellsADisturbedMeasurement() {
    Sessions sessions = new Sessions(1000);
    sessions.add(times(1300, 40), times(800, 40));
    sessions.add(times(1300, 40), times(800, 40));
    assertThat(sessions.undisturbed()).isZero();
    sessions.add(times(1020, 40), times(510, 40));
    sessions.settle();
    assertThat(sessions.ratio()).isCloseTo(0.5, within(0.03));
    assertThat(sessions.disturbed()).isEqualTo(2);
    assertThat(sessions.fastest()).isEqualTo(1000);
  }

  @Test
  void aDeviceThatIsSlowerThanItWasIsComparedWithItself() {
    Sessions sessions = new Sessions(1000);
    sessions.add(times(1300, 40), times(800, 40));
    sessions.add(times(1500, 40), times(800, 40));
    sessions.settle();
    assertThat(sessions.undisturbed()).isEqualTo(1);
    assertThat(sessions.ratio()).isCloseTo(0.61, within(0.03));
    assertThat(sessions.fastest()).isBetween(1290L, 1310L);
  }

  @Test
  void withoutAnySampleThereIsAnAnswerAllTheSame() {
    LatencyComparison none = bench.comparison(new Sessions(Long.MAX_VALUE), settings(30));
    assertThat(none.getValidity()).isEqualTo(Validity.INVALID);
    assertThat(none.getDense().getSamples()).isZero();
    assertThat(none.getRatio()).isEqualTo(1);
  }

  /** Sessions in which the pruned model takes half as long as the original, times a factor. */
  private static Sessions sessions(int samples, double... factors) {
    Sessions sessions = new Sessions(Long.MAX_VALUE);
    for (double factor : factors) {
      sessions.add(times(1000, samples), times((long) (500 * factor), samples));
    }
    return sessions;
  }

  private static long[] times(long centre, int count) {
    return LongStream.range(0, count).map(i -> centre + i - count / 2).toArray();
  }

  private static MeasurementSettings settings(int minimum) {
    return MeasurementSettings.newBuilder().setMinimumSamples(minimum).build();
  }
}
