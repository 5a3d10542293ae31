package io.rspar.standalone.cli;

import io.rspar.events.Stage;
import io.rspar.standalone.compare.Run;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Supplier;

/** Wall and processor time of one request, split where its scores are there. */
final class Stopwatch {
  private static final Set<Stage> BEFORE_SCORES = EnumSet.of(Stage.SUBMITTED, Stage.SENSITIVITY);

  private final Supplier<Duration> cpuTime;
  private final Lap start;
  private Lap scored;

  private record Lap(long nanos, Duration cpu) {
    double wallSeconds(Lap since) {
      return (nanos - since.nanos) / 1e9;
    }

    double cpuSeconds(Lap since) {
      return cpu.minus(since.cpu).toMillis() / 1e3;
    }
  }

  /** Starts at once. */
  Stopwatch(Supplier<Duration> cpuTime) {
    this.cpuTime = cpuTime;
    this.start = now();
  }

  private Lap now() {
    return new Lap(System.nanoTime(), cpuTime.get());
  }

  /** Takes note of a request's stage. */
  void heard(Stage stage) {
    if (scored == null && !BEFORE_SCORES.contains(stage)) {
      scored = now();
    }
  }

  /** What was spent until now. */
  Run.Effort effort() {
    Lap end = now();
    Lap middle = scored == null ? end : scored;
    return new Run.Effort(
        middle.wallSeconds(start),
        middle.cpuSeconds(start),
        end.wallSeconds(middle),
        end.cpuSeconds(middle));
  }
}
