package io.rspar.standalone.compare;

import io.rspar.benchmarks.Plot;
import io.rspar.benchmarks.Table;
import io.rspar.kit.plot.Series.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** A comparison for a person: one table, one plot. */
public final class ComparisonReport {
  private static final List<String> STAGES =
      List.of("DENSE", "CUT", "COMPENSATED", "RECALIBRATED", "FINE_TUNED");

  private static final String ABSENT = "–";

  private final Comparison comparison;
  private final List<String> stages;

  public ComparisonReport(Comparison comparison) {
    this.comparison = comparison;
    this.stages =
        STAGES.stream()
            .filter(s -> comparison.rows().stream().anyMatch(r -> r.accuracy().containsKey(s)))
            .toList();
  }

  /** One row per method; means over the seeds, ± the standard deviation where there are several. */
  public String table() {
    List<String> header = new ArrayList<>(List.of("method"));
    stages.forEach(s -> header.add(s.toLowerCase(Locale.ROOT).replace('_', '-') + " %"));
    header.addAll(
        List.of(
            "MACs %",
            "parameters %",
            "p50 latency %",
            "p90 latency %",
            "goal met",
            "evaluations",
            "wall s",
            "CPU s",
            "seeds"));
    List<List<String>> rows =
        comparison.methods().stream().map(m -> row(comparison.runs(m), header.size())).toList();
    return new Table(
                "Accuracy on the test data after each stage; cost in % of the original's; mean ±"
                    + " standard deviation over the seeds. Wall and CPU time without the scores,"
                    + " which the methods share.",
                header, rows)
            .toMarkdown()
        + failures()
        + scores();
  }

  private List<String> row(List<Run> runs, int columns) {
    List<Run> completed = runs.stream().filter(Run::isCompleted).toList();
    List<String> row = new ArrayList<>(List.of(runs.get(0).method()));
    if (completed.isEmpty()) {
      while (row.size() < columns - 1) {
        row.add(ABSENT);
      }
      row.add("0 of " + runs.size());
      return row;
    }
    for (String stage : stages) {
      row.add(
          completed.stream().allMatch(r -> r.accuracy().containsKey(stage))
              ? spread(completed, r -> 100 * r.accuracy().get(stage), 2)
              : ABSENT);
    }
    row.add(spread(completed, r -> 100 * r.macsRatio(), 1));
    row.add(spread(completed, r -> 100 * r.parametersRatio(), 1));
    String doubt = completed.stream().allMatch(Run::latencyValid) ? "" : " (invalid)";
    row.add(spread(completed, r -> 100 * r.latencyP50Ratio(), 1) + doubt);
    row.add(spread(completed, r -> 100 * r.latencyP90Ratio(), 1) + doubt);
    row.add(completed.stream().filter(Run::goalMet).count() + " of " + completed.size());
    row.add(spread(completed, Run::evaluations, 0));
    row.add(spread(completed, r -> r.effort().wallSeconds(), 0));
    row.add(spread(completed, r -> r.effort().cpuSeconds(), 0));
    row.add(
        completed.size() == runs.size()
            ? Integer.toString(runs.size())
            : completed.size() + " of " + runs.size());
    return row;
  }

  /** Mean, and the sample's standard deviation where the runs differ. */
  private static String spread(List<Run> runs, ToDoubleFunction<Run> value, int decimals) {
    double mean = runs.stream().mapToDouble(value).average().orElseThrow();
    String format = "%." + decimals + "f";
    if (runs.size() == 1) {
      return String.format(Locale.ROOT, format, mean);
    }
    double squares =
        runs.stream().mapToDouble(r -> Math.pow(value.applyAsDouble(r) - mean, 2)).sum();
    return String.format(
        Locale.ROOT, format + " ± " + format, mean, Math.sqrt(squares / (runs.size() - 1)));
  }

  private String failures() {
    StringBuilder text = new StringBuilder();
    for (Run run : comparison.rows()) {
      if (!run.isCompleted()) {
        text.append(
            "\n%s, seed %d: failed: %s\n".formatted(run.method(), run.seed(), run.failure()));
      }
    }
    return text.toString();
  }

  private String scores() {
    List<Run.Effort> measured =
        comparison.rows().stream()
            .filter(r -> r.isCompleted() && r.effort().scoreCpuSeconds() > 0)
            .map(Run::effort)
            .sorted(Comparator.comparingDouble(Run.Effort::scoreCpuSeconds).reversed())
            .toList();
    return measured.isEmpty()
        ? ""
        : String.format(
            Locale.ROOT,
            "%nScores, once per criterion and seed: at most %.0f s of wall time, %.0f s of CPU"
                + " time.%n",
            measured.get(0).scoreWallSeconds(),
            measured.get(0).scoreCpuSeconds());
  }

  /** Test accuracy over measured latency: every run, the original, and the Pareto front. */
  public Plot plot() {
    List<Plot.Series> series = new ArrayList<>();
    List<Run> completed = comparison.rows().stream().filter(Run::isCompleted).toList();
    completed.stream()
        .findFirst()
        .ifPresent(
            r ->
                series.add(
                    new Plot.Series(
                        "original",
                        List.of(new Point(100, 100 * r.accuracy().get("DENSE"))),
                        false)));
    series.add(
        new Plot.Series(
            "Pareto front",
            completed.stream()
                .filter(r -> completed.stream().noneMatch(other -> dominates(other, r)))
                .sorted(Comparator.comparingDouble(Run::latencyP50Ratio))
                .map(ComparisonReport::point)
                .toList(),
            true));
    for (String method : comparison.methods()) {
      series.add(
          new Plot.Series(
              method,
              comparison.runs(method).stream()
                  .filter(Run::isCompleted)
                  .map(ComparisonReport::point)
                  .toList(),
              false));
    }
    return new Plot(
        "Accuracy over measured latency",
        "median latency, % of the original's",
        "test accuracy, %",
        series);
  }

  private static Point point(Run run) {
    return new Point(
        100 * run.latencyP50Ratio(),
        100 * run.finalAccuracy(),
        run.method() + ", seed " + run.seed());
  }

  private static boolean dominates(Run a, Run b) {
    double accuracy = a.finalAccuracy() - b.finalAccuracy();
    double latency = a.latencyP50Ratio() - b.latencyP50Ratio();
    return accuracy >= 0 && latency <= 0 && (accuracy > 0 || latency < 0);
  }
}
