package io.rspar.search.report;

import io.rspar.kit.plot.Axis;
import io.rspar.kit.plot.Axis.Unit;
import io.rspar.kit.plot.Chart;
import io.rspar.kit.plot.Series;
import io.rspar.kit.plot.Series.Mark;
import io.rspar.kit.plot.Series.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The report's charts. */
final class ReportCharts {
  private static final int WIDE = 720;
  private static final int HIGH = 360;

  private ReportCharts() {}

  /** Accuracy over measured latency of all candidates, and their Pareto front. */
  static Chart pareto(Report report) {
    List<Report.Candidate> explored =
        report.candidates().stream().filter(c -> !isFinal(c)).toList();
    List<Report.Candidate> front =
        explored.stream()
            .filter(Report.Candidate::pareto)
            .sorted(Comparator.comparingDouble(Report.Candidate::latencyRatio))
            .toList();
    Point original = new Point(1, report.dense().accuracy(), "original, test data");
    List<Point> all = new ArrayList<>(report.candidates().stream().map(ReportCharts::at).toList());
    all.add(original);
    return new Chart(
        "Accuracy over latency",
        "%d candidates; the delivered model keeps %s accuracy at %s of the original's latency."
            .formatted(
                explored.size(),
                Words.percent(report.pruned().accuracy()),
                Words.percent(report.latency().ratio())),
        Axis.covering(
            "median latency, share of the original's",
            Unit.PERCENT,
            all.stream().map(Point::x).toList()),
        Axis.covering("accuracy", Unit.PERCENT, all.stream().map(Point::y).toList()),
        List.of(
            new Series(
                "Pareto front of the explored candidates (validation data)",
                Mark.LINE,
                0,
                front.stream().map(ReportCharts::at).toList()),
            new Series("", Mark.DOTS, 0, explored.stream().map(ReportCharts::at).toList()),
            new Series("original (test data)", Mark.DOTS, 3, List.of(original)),
            new Series(
                "delivered model (test data)",
                Mark.DOTS,
                1,
                report.candidates().stream()
                    .filter(ReportCharts::isFinal)
                    .map(ReportCharts::at)
                    .toList())),
        WIDE,
        HIGH);
  }

  private static boolean isFinal(Report.Candidate candidate) {
    return candidate.purpose().equals("FINAL");
  }

  private static Point at(Report.Candidate c) {
    return new Point(
        c.latencyRatio(),
        c.accuracy(),
        Words.format(
            "%s: %s, latency %s, MACs %s",
            c.id(),
            Words.percent(c.accuracy()),
            Words.percent(c.latencyRatio()),
            Words.percent(c.macsRatio())));
  }

  /** Reward of every candidate by round, and the best until then. */
  static Chart rewards(Report report) {
    List<Report.Candidate> explored =
        report.candidates().stream()
            .filter(c -> !isFinal(c))
            .sorted(Comparator.comparingInt(Report.Candidate::round))
            .toList();
    List<Point> best = new ArrayList<>();
    double bestSoFar = Double.NEGATIVE_INFINITY;
    for (Report.Candidate c : explored) {
      bestSoFar = Math.max(bestSoFar, c.reward());
      best.add(new Point(c.round() + 1, bestSoFar));
    }
    return new Chart(
        "Reward by round",
        "The best reward rose from %.4f to %.4f over %d rounds."
            .formatted(
                best.get(0).y(),
                bestSoFar,
                (int) explored.stream().map(Report.Candidate::round).distinct().count()),
        Axis.covering("round", Unit.NUMBER, best.stream().map(Point::x).toList()),
        Axis.covering(
            "reward", Unit.NUMBER, explored.stream().map(Report.Candidate::reward).toList()),
        List.of(
            new Series("best so far", Mark.LINE, 1, best),
            new Series(
                "candidate",
                Mark.DOTS,
                0,
                explored.stream().map(c -> new Point(c.round() + 1, c.reward(), c.id())).toList())),
        WIDE,
        HIGH);
  }

  /** Accuracy of the delivered model after each step. */
  static Chart steps(Report report) {
    List<Report.Step> steps = report.steps();
    return new Chart(
        "Accuracy step by step",
        steps.stream()
            .map(s -> Words.lower(s.stage()) + " " + Words.percent(s.accuracy()))
            .reduce((a, b) -> a + ", " + b)
            .orElse(""),
        Axis.categories("", steps.stream().map(s -> Words.lower(s.stage())).toList()),
        Axis.covering("accuracy", Unit.PERCENT, List.of(0.0, 1.0)),
        List.of(
            new Series(
                "",
                Mark.BARS,
                0,
                IntStream.range(0, steps.size())
                    .mapToObj(
                        i ->
                            new Point(
                                i, steps.get(i).accuracy(), Words.percent(steps.get(i).accuracy())))
                    .toList())),
        WIDE,
        300);
  }

  /**
   * Quantiles of both models' latency, up to the 95th percentile: beyond is the machine's noise.
   */
  static Chart latency(Report.Latency latency) {
    List<Point> dense = quantiles(latency.dense());
    List<Point> pruned = quantiles(latency.pruned());
    return new Chart(
        "Latency distribution",
        "Half of all inferences take at most %s ms pruned, %s ms before."
            .formatted(
                Words.millis(latency.pruned().p50Nanos()),
                Words.millis(latency.dense().p50Nanos())),
        Axis.covering("share of inferences that take at most …", Unit.PERCENT, List.of(0.0, 1.0)),
        Axis.covering(
            "ms per batch",
            Unit.NUMBER,
            Stream.concat(
                    Stream.of(0.0), Stream.concat(dense.stream(), pruned.stream()).map(Point::y))
                .toList()),
        List.of(
            new Series("original", Mark.LINE_AND_DOTS, 3, dense),
            new Series("pruned", Mark.LINE_AND_DOTS, 1, pruned)),
        WIDE,
        HIGH);
  }

  private static List<Point> quantiles(Report.Spread spread) {
    return IntStream.range(0, Math.max(0, spread.vigintilesNanos().size() - 1))
        .mapToObj(
            i -> {
              double millis = Words.toMillis(spread.vigintilesNanos().get(i));
              return new Point(i / 20.0, millis, Words.format("p%d: %.3f ms", 5 * i, millis));
            })
        .toList();
  }

  /** What a group's cut costs by the width it keeps, and the width that was chosen. */
  static Chart curve(Report.Layer layer) {
    List<Point> curve = points(layer.curve());
    List<Point> measured = points(layer.measured());
    List<Series> series = new ArrayList<>();
    series.add(new Series("", Mark.LINE, 0, curve));
    if (!measured.isEmpty()) {
      series.add(new Series("", Mark.DOTS, 2, measured));
    }
    series.add(
        new Series(
            "", Mark.MARKER, 1, List.of(new Point(layer.kept(), 0, layer.kept() + " kept"))));
    return new Chart(
        layer.group() + ": " + layer.kept() + " of " + layer.channels(),
        "Keeping %d of %d channels is expected to cost %s %s."
            .formatted(layer.kept(), layer.channels(), Words.cost(layer.estimate()), layer.unit()),
        Axis.covering("channels kept", Unit.NUMBER, List.of(0.0, (double) layer.channels())),
        Axis.covering(
            layer.unit(),
            Unit.NUMBER,
            Stream.concat(curve.stream(), measured.stream()).map(Point::y).toList()),
        series,
        340,
        210);
  }

  private static List<Point> points(List<Report.CurvePoint> curve) {
    return curve.stream().map(p -> new Point(p.kept(), p.cost())).toList();
  }
}
