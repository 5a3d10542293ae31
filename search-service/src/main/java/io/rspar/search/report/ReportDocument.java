package io.rspar.search.report;

import static io.rspar.search.report.Words.format;

import io.rspar.events.Validity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The report as someone reads it who has to decide whether to ship the pruned model: the goal
 * first, then before and after, then how it came about.
 */
final class ReportDocument {
  /** Layers that the explanation names on either side. */
  private static final int NAMED_LAYERS = 3;

  private static final int NAMED_WEIGHTS = 6;

  private final Report report;
  private final String request;
  private final List<Block> blocks = new ArrayList<>();

  private ReportDocument(Report report, String request) {
    this.report = report;
    this.request = request;
  }

  /**
   * @param request request.yaml
   */
  static List<Block> of(Report report, String request) {
    ReportDocument document = new ReportDocument(report, request);
    document.goal();
    document.beforeAndAfter();
    document.warnings();
    document.steps();
    document.latency();
    document.layers();
    document.candidates();
    document.frozen();
    document.provenance();
    return List.copyOf(document.blocks);
  }

  private void goal() {
    Report.Goal goal = report.goal();
    boolean timed = goal.metric().equals("LATENCY") || goal.metric().equals("ACCURACY_LOSS");
    boolean unproven = timed && report.latency().validity() != Validity.VALID;
    blocks.add(
        new Block.Verdict(
            goal.met(),
            "**%s.** %s: %s asked for, %s reached%s."
                .formatted(
                    goal.met() ? "Goal met" : "Goal NOT met",
                    metric(goal.metric()),
                    "at most " + amount(goal, goal.target()),
                    amount(goal, goal.reached()),
                    unproven ? ", but the latency measurement is INVALID" : "")));
    Report.Measures a = report.dense();
    Report.Measures b = report.pruned();
    blocks.add(
        new Block.Tiles(
            List.of(
                new Block.Tiles.Tile(
                    "accuracy",
                    Words.percent(b.accuracy()),
                    Words.points(b.accuracy() - a.accuracy())),
                new Block.Tiles.Tile(
                    "median latency",
                    Words.millis(b.latencyP50Nanos()) + " ms",
                    Words.change(a.latencyP50Nanos(), b.latencyP50Nanos())),
                new Block.Tiles.Tile(
                    "MACs", Words.count(b.macs()), Words.change(a.macs(), b.macs())),
                new Block.Tiles.Tile(
                    "parameters",
                    Words.count(b.parameters()),
                    Words.change(a.parameters(), b.parameters())),
                new Block.Tiles.Tile(
                    "file", Words.bytes(b.bytes()), Words.change(a.bytes(), b.bytes())))));
  }

  private static String metric(String constant) {
    return switch (constant) {
      case "MACS" -> "MACs";
      case "PARAMETERS" -> "Parameters";
      case "LATENCY" -> "Latency";
      case "ENERGY" -> "Energy";
      default -> "Loss of accuracy";
    };
  }

  private static String amount(Report.Goal goal, double value) {
    if (goal.relative()) {
      return Words.percent(value) + " of the original";
    }
    return switch (goal.metric()) {
      case "LATENCY" -> format("%.3f ms", value);
      case "ENERGY" -> format("%.3f mJ", value);
      case "ACCURACY_LOSS" -> format("%.2f points", 100 * value);
      default -> format("%,.0f", value);
    };
  }

  private void beforeAndAfter() {
    Report.Measures a = report.dense();
    Report.Measures b = report.pruned();
    blocks.add(
        new Block.Table(
            "Before and after",
            List.of("", "before", "after", "change"),
            List.of(false, true, true, true),
            List.of(
                List.of(
                    "accuracy (" + report.steps().get(0).role() + " data)",
                    Words.percent(a.accuracy()),
                    Words.percent(b.accuracy()),
                    Words.points(b.accuracy() - a.accuracy())),
                List.of(
                    "loss (nats)",
                    format("%.4f", a.lossNats()),
                    format("%.4f", b.lossNats()),
                    format("%+.4f", b.lossNats() - a.lossNats())),
                row("MACs per example", a.macs(), b.macs()),
                row("parameters", a.parameters(), b.parameters()),
                row("bytes of the file", a.bytes(), b.bytes()),
                List.of(
                    "latency, median (ms)",
                    Words.millis(a.latencyP50Nanos()),
                    Words.millis(b.latencyP50Nanos()),
                    Words.change(a.latencyP50Nanos(), b.latencyP50Nanos())))));
  }

  private static List<String> row(String what, long before, long after) {
    return List.of(what, Words.count(before), Words.count(after), Words.change(before, after));
  }

  private void warnings() {
    if (!report.warnings().isEmpty()) {
      blocks.add(new Block.Heading("Warnings"));
      blocks.add(new Block.Items(report.warnings()));
    }
  }

  private void steps() {
    blocks.add(new Block.Heading("Where the accuracy went"));
    blocks.add(new Block.Figure(List.of(ReportCharts.steps(report)), ""));
    List<List<String>> rows = new ArrayList<>();
    Report.Step previous = null;
    for (Report.Step s : report.steps()) {
      rows.add(
          List.of(
              Words.lower(s.stage()),
              Words.percent(s.accuracy()),
              previous == null ? "" : Words.points(s.accuracy() - previous.accuracy()),
              format("%.4f", s.lossNats()),
              Words.count(s.samples()) + " " + s.role()));
      previous = s;
    }
    blocks.add(
        new Block.Table(
            "Accuracy after each step",
            List.of("after", "accuracy", "change", "loss (nats)", "examples"),
            List.of(false, true, true, true, true),
            rows));
  }

  private void latency() {
    Report.Latency l = report.latency();
    blocks.add(new Block.Heading("Latency"));
    blocks.add(
        new Block.Paragraph(
            "**%s.** Ratio of medians **%.3f** (95 %% interval %.3f–%.3f). %s on %s (device class `%s`), %s, batch %d; %d inferences of each model, in alternation, after %d to warm up%s."
                .formatted(
                    l.validity() == Validity.VALID ? "VALID" : "INVALID: " + l.invalidReason(),
                    l.ratio(),
                    l.ratioLow(),
                    l.ratioHigh(),
                    l.runtime(),
                    l.device(),
                    l.deviceClass(),
                    l.threads() == 1 ? "1 thread" : l.threads() + " threads",
                    l.batchSize(),
                    l.pruned().samples(),
                    l.warmup(),
                    disturbed(l.disturbedSessions()))));
    if (!l.pruned().vigintilesNanos().isEmpty()) {
      blocks.add(new Block.Figure(List.of(ReportCharts.latency(l)), ""));
    }
    blocks.add(
        new Block.Table(
            "Latency per batch (ms)",
            List.of("model", "p50", "p90", "p99", "mean ± std", "n"),
            List.of(false, true, true, true, true, true),
            List.of(spread("original", l.dense()), spread("pruned", l.pruned()))));
  }

  private static String disturbed(int sessions) {
    return switch (sessions) {
      case 0 -> "";
      case 1 -> "; a session in which the original was slower than in others is left out";
      default ->
          "; %d sessions in which the original was slower than in others are left out"
              .formatted(sessions);
    };
  }

  private static List<String> spread(String model, Report.Spread s) {
    return List.of(
        model,
        Words.millis(s.p50Nanos()),
        Words.millis(s.p90Nanos()),
        Words.millis(s.p99Nanos()),
        Words.millis(s.meanNanos()) + " ± " + Words.millis(s.stdNanos()),
        Words.count(s.samples()));
  }

  private void layers() {
    blocks.add(new Block.Heading("Which layers were cut, and why"));
    List<Report.Layer> byCut =
        report.layers().stream()
            .sorted(Comparator.comparingDouble(ReportDocument::keptShare))
            .toList();
    List<Report.Layer> cut = byCut.stream().filter(l -> l.kept() < l.channels()).toList();
    List<Report.Layer> whole = byCut.stream().filter(l -> l.kept() == l.channels()).toList();
    blocks.add(new Block.Paragraph(explanation(cut, whole)));
    blocks.add(
        new Block.Table(
            "Channels kept",
            List.of("group", "channels", "kept", "share", "expected cost", "cost at half width"),
            List.of(false, true, true, true, true, true),
            report.layers().stream()
                .map(
                    l ->
                        List.of(
                            "`" + l.group() + "`",
                            Words.count(l.channels()),
                            Words.count(l.kept()),
                            format("%.0f %%", 100 * keptShare(l)),
                            Words.cost(l.estimate()) + " " + l.unit(),
                            Words.cost(costAtHalf(l)) + " " + l.unit()))
                .toList()));
    blocks.add(
        new Block.Paragraph(
            "Each curve is what the criterion expects a cut of this group alone to cost, by the"
                + " number of channels that it keeps"
                + (report.layers().stream().allMatch(l -> l.measured().isEmpty())
                    ? ""
                    : "; dots were measured")
                + ". The dashed line is the chosen width."));
    blocks.add(new Block.Figure(report.layers().stream().map(ReportCharts::curve).toList(), ""));
  }

  private String explanation(List<Report.Layer> cut, List<Report.Layer> whole) {
    String criterion = Words.lower(report.provenance().criterion());
    String most =
        cut.stream()
            .limit(NAMED_LAYERS)
            .map(
                l ->
                    "`%s` (%d of %d left, expected cost %s %s)"
                        .formatted(
                            l.group(), l.kept(), l.channels(), Words.cost(l.estimate()), l.unit()))
            .collect(Collectors.joining(", "));
    String spared =
        whole.stream()
            .sorted(Comparator.comparingDouble(ReportDocument::costAtHalf).reversed())
            .limit(NAMED_LAYERS)
            .map(
                l ->
                    "`%s` (half of it: %s %s)"
                        .formatted(l.group(), Words.cost(costAtHalf(l)), l.unit()))
            .collect(Collectors.joining(", "));
    return "By the criterion `%s` and the method `%s`, %d of %d groups were cut. Cut most: %s.%s"
        .formatted(
            criterion,
            Words.lower(report.provenance().method()),
            cut.size(),
            report.layers().size(),
            most.isEmpty() ? "none" : most,
            spared.isEmpty() ? "" : " Left whole, the dearest first: " + spared + ".");
  }

  private static double keptShare(Report.Layer layer) {
    return (double) layer.kept() / layer.channels();
  }

  private static double costAtHalf(Report.Layer layer) {
    return layer.curve().stream()
        .min(Comparator.comparingDouble(p -> Math.abs(p.kept() - layer.channels() / 2.0)))
        .map(Report.CurvePoint::cost)
        .orElse(0.0);
  }

  private void candidates() {
    blocks.add(new Block.Heading("Candidates"));
    blocks.add(new Block.Figure(List.of(ReportCharts.pareto(report)), "pareto.svg"));
    long rounds = report.candidates().stream().map(Report.Candidate::round).distinct().count();
    if (rounds > 2) {
      blocks.add(new Block.Figure(List.of(ReportCharts.rewards(report)), ""));
    }
    blocks.add(
        new Block.Table(
            "Measured candidates",
            List.of(
                "candidate",
                "data",
                "accuracy",
                "MACs",
                "parameters",
                "latency",
                "reward",
                "Pareto"),
            List.of(false, false, true, true, true, true, true, false),
            report.candidates().stream()
                .map(
                    c ->
                        List.of(
                            c.id().replaceFirst("^" + Pattern.quote(report.requestId() + "."), ""),
                            c.role(),
                            Words.percent(c.accuracy()),
                            format("%.1f %%", 100 * c.macsRatio()),
                            format("%.1f %%", 100 * c.parametersRatio()),
                            format("%.1f %%", 100 * c.latencyRatio()),
                            format("%.4f", c.reward()),
                            c.pareto() ? "●" : ""))
                .toList()));
    blocks.add(
        new Block.Paragraph(
            "● on the Pareto front: on the same data no other is at least as accurate and as fast,"
                + " and better in one. Costs are shares of the original's."));
  }

  private void frozen() {
    blocks.add(new Block.Heading("What was frozen, and why"));
    if (report.frozen().isEmpty()) {
      blocks.add(new Block.Paragraph("Nothing: every channel of the network could be cut."));
      return;
    }
    blocks.add(
        new Block.Table(
            "Axes that cannot be cut",
            List.of("because", "weights"),
            List.of(false, false),
            report.frozen().stream().map(f -> List.of(f.because(), named(f.weights()))).toList()));
  }

  private static String named(List<String> weights) {
    String some =
        weights.stream()
            .limit(NAMED_WEIGHTS)
            .map(w -> "`" + w + "`")
            .collect(Collectors.joining(", "));
    int more = weights.size() - NAMED_WEIGHTS;
    return more > 0 ? some + " and " + more + " more" : some;
  }

  private void provenance() {
    Report.Provenance p = report.provenance();
    blocks.add(new Block.Heading("Reproduce"));
    blocks.add(
        new Block.Paragraph(
            "`request.yaml` lies beside this report. In its folder, on the same files:"));
    blocks.add(new Block.Code("sh", p.command()));
    blocks.add(new Block.Code("yaml", request));
    blocks.add(new Block.Heading("Provenance"));
    blocks.add(
        new Block.Items(
            Stream.concat(
                    Stream.of(
                        format(
                            "request `%s`, method `%s`, criterion `%s`, seed %d, %,d calibration"
                                + " examples",
                            report.requestId(),
                            Words.lower(p.method()),
                            Words.lower(p.criterion()),
                            p.seed(),
                            p.calibrationSamples()),
                        "original model SHA-256 `" + p.modelSha256() + "`",
                        "pruned model SHA-256 `" + p.prunedModelSha256() + "`"),
                    Stream.concat(
                        p.dataSha256().stream().map(sha -> "data SHA-256 `" + sha + "`"),
                        Stream.of(
                            "R-SPAR %s; %s; %s; %s"
                                .formatted(
                                    p.rsparVersion(), p.java(), p.operatingSystem(), p.processor()),
                            "requested %s, completed %s"
                                .formatted(p.requestedAt(), p.completedAt()))))
                .toList()));
  }
}
