package io.rspar.standalone.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.benchmarks.Plot;
import io.rspar.kit.plot.Series.Point;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  @TempDir Path temp;

  private final Run first = run("r-spar", 1, 0.80, 0.84, 0.60);
  private final Run second = run("r-spar", 2, 0.82, 0.88, 0.62);
  private final Run slower = run("uniform", 1, 0.70, 0.75, 0.65);

  @Test
  void itComesBackFromItsFileAsItWas() throws IOException {
    Path file = temp.resolve("comparison.json");
    assertThat(Comparison.read(file)).isEmpty();
    Comparison comparison =
        new Comparison("macs 50 %", List.of(first, Run.failed("uniform", 1, "no — try again")));
    comparison.write(file);
    assertThat(Comparison.read(file)).hasValue(comparison);
  }

  @Test
  void completedRunsAreKeptAndFailedOnesRunAgain() {
    Comparison begun =
        new Comparison("macs 50 %", List.of(first, Run.failed("uniform", 1, "no — try again")));
    assertThat(begun.completed("r-spar", 1)).hasValue(first);
    assertThat(begun.completed("r-spar", 2)).isEmpty();
    assertThat(begun.completed("uniform", 1)).isEmpty();
    assertThat(begun.with(slower).rows()).containsExactly(first, slower);
    assertThat(begun.with(second).rows()).hasSize(3);
  }

  @Test
  void theTableHasMeanAndSpreadOverTheSeeds() {
    String table = new ComparisonReport(new Comparison("", List.of(first, second, slower))).table();
    List<String> rows = table.lines().filter(l -> l.startsWith("| ")).toList();
    assertThat(cells(rows.get(0)))
        .containsExactly(
            "method",
            "dense %",
            "cut %",
            "fine-tuned %",
            "MACs %",
            "parameters %",
            "p50 latency %",
            "p90 latency %",
            "goal met",
            "evaluations",
            "wall s",
            "CPU s",
            "seeds");
    // The sample's standard deviation of two values is their difference over √2.
    assertThat(cells(rows.get(2)))
        .containsExactly(
            "r-spar",
            "90.00 ± 0.00",
            "81.00 ± 1.41",
            "86.00 ± 2.83",
            "50.0 ± 0.0",
            "55.0 ± 0.0",
            "61.0 ± 1.4",
            "66.0 ± 1.4",
            "2 of 2",
            "24 ± 0",
            "100 ± 0",
            "150 ± 0",
            "2");
    assertThat(cells(rows.get(3))).contains("70.00", "75.00", "65.0", "1 of 1");
    assertThat(table).contains("at most 20 s of wall time, 30 s of CPU time");
  }

  @Test
  void aFailureIsARowWithItsReason() {
    Run failed = Run.failed("global-threshold", 3, "the target cannot be reached — raise it");
    String table = new ComparisonReport(new Comparison("", List.of(first, failed))).table();
    assertThat(table)
        .contains("global-threshold, seed 3: failed: the target cannot be reached — raise it");
    String row = table.lines().filter(l -> l.startsWith("| global-threshold")).findFirst().get();
    assertThat(cells(row)).contains("0 of 1").doesNotContain("NaN");
  }

  @Test
  void theFrontHasWhatNoOtherRunBeats() {
    Plot plot = new ComparisonReport(new Comparison("", List.of(first, second, slower))).plot();
    assertThat(plot.series())
        .extracting(Plot.Series::name)
        .containsExactly("original", "Pareto front", "r-spar", "uniform");
    assertThat(plot.series().get(1).points())
        .extracting(Point::label)
        .containsExactly("r-spar, seed 1", "r-spar, seed 2");
  }

  private static List<String> cells(String row) {
    return List.of(row.replaceAll("^\\| *| *\\|$", "").split(" *\\| *"));
  }

  private static Run run(String method, long seed, double cut, double tuned, double latency) {
    Map<String, Double> accuracy = new LinkedHashMap<>();
    accuracy.put("DENSE", 0.9);
    accuracy.put("CUT", cut);
    accuracy.put("FINE_TUNED", tuned);
    return new Run(
        method,
        seed,
        null,
        true,
        accuracy,
        0.5,
        0.55,
        latency,
        latency - 0.01,
        latency + 0.01,
        latency + 0.05,
        true,
        24,
        new Run.Effort(20, 30, 100, 150));
  }
}
