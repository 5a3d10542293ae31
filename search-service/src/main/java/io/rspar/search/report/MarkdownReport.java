package io.rspar.search.report;

import io.rspar.events.Validity;
import java.util.Locale;

/** The report for a person: goal first, then before and after, then how it came about. */
final class MarkdownReport {
  private static final double NANOS_PER_MILLI = 1e6;

  private final StringBuilder text = new StringBuilder();

  private MarkdownReport() {}

  static String of(Report report) {
    MarkdownReport markdown = new MarkdownReport();
    markdown.goal(report);
    markdown.beforeAndAfter(report);
    markdown.steps(report);
    markdown.latency(report.latency());
    markdown.layers(report);
    markdown.candidates(report);
    markdown.warnings(report);
    markdown.provenance(report.provenance());
    return markdown.text.toString();
  }

  private void goal(Report report) {
    Report.Goal goal = report.goal();
    line("# Pruning report: %s", report.requestId());
    line("");
    String unit = goal.relative() ? " of the original" : "";
    line(
        "**%s.** Target: %s ≤ %s%s; reached: %s.",
        goal.met() ? "Goal met" : "Goal NOT met",
        goal.metric().toLowerCase(Locale.ROOT).replace('_', ' '),
        amount(goal, goal.target()),
        unit,
        amount(goal, goal.reached()));
    line("");
  }

  private static String amount(Report.Goal goal, double value) {
    if (goal.relative()) {
      return format("%.2f %%", 100 * value);
    }
    return switch (goal.metric()) {
      case "LATENCY" -> format("%.3f ms", value);
      case "ENERGY" -> format("%.3f mJ", value);
      case "ACCURACY_LOSS" -> format("%.2f points", 100 * value);
      default -> format("%,.0f", value);
    };
  }

  private void beforeAndAfter(Report report) {
    Report.Measures a = report.dense();
    Report.Measures b = report.pruned();
    line("| | before | after | change |");
    line("|---|---:|---:|---:|");
    line(
        "| accuracy (%s data) | %.2f %% | %.2f %% | %+.2f points |",
        report.steps().get(0).role(),
        100 * a.accuracy(),
        100 * b.accuracy(),
        100 * (b.accuracy() - a.accuracy()));
    line(
        "| loss (nats) | %.4f | %.4f | %+.4f |",
        a.lossNats(), b.lossNats(), b.lossNats() - a.lossNats());
    row("MACs per example", a.macs(), b.macs());
    row("parameters", a.parameters(), b.parameters());
    row("bytes of the file", a.bytes(), b.bytes());
    line(
        "| latency, median (ms) | %.3f | %.3f | %+.1f %% |",
        a.latencyP50Nanos() / NANOS_PER_MILLI,
        b.latencyP50Nanos() / NANOS_PER_MILLI,
        change(a.latencyP50Nanos(), b.latencyP50Nanos()));
    line("");
  }

  private void row(String what, long before, long after) {
    line("| %s | %,d | %,d | %+.1f %% |", what, before, after, change(before, after));
  }

  private static double change(long before, long after) {
    return before == 0 ? 0 : 100.0 * (after - before) / before;
  }

  private void steps(Report report) {
    line("## Accuracy step by step");
    line("");
    line("| step | accuracy | loss (nats) | examples | data |");
    line("|---|---:|---:|---:|---|");
    for (Report.Step s : report.steps()) {
      line(
          "| %s | %.2f %% | %.4f | %,d | %s |",
          s.stage().toLowerCase(Locale.ROOT).replace('_', '-'),
          100 * s.accuracy(),
          s.lossNats(),
          s.samples(),
          s.role());
    }
    line("");
  }

  private void latency(Report.Latency l) {
    line("## Latency");
    line("");
    line(
        "%s. %s on %s (device class `%s`), %d thread(s), batch %d, %d warm-up inferences, original"
            + " and pruned in alternation.",
        l.validity() == Validity.VALID ? "VALID" : "INVALID: " + l.invalidReason(),
        l.runtime(),
        l.device(),
        l.deviceClass(),
        l.threads(),
        l.batchSize(),
        l.warmup());
    line("");
    line("| model | p50 (ms) | p90 (ms) | p99 (ms) | mean ± std (ms) | n |");
    line("|---|---:|---:|---:|---:|---:|");
    spread("original", l.dense());
    spread("pruned", l.pruned());
    line("");
    line(
        "Ratio of medians: **%.3f** (95 %% interval %.3f–%.3f).",
        l.ratio(), l.ratioLow(), l.ratioHigh());
    line("");
  }

  private void spread(String model, Report.Spread s) {
    line(
        "| %s | %.3f | %.3f | %.3f | %.3f ± %.3f | %d |",
        model,
        s.p50Nanos() / NANOS_PER_MILLI,
        s.p90Nanos() / NANOS_PER_MILLI,
        s.p99Nanos() / NANOS_PER_MILLI,
        s.meanNanos() / NANOS_PER_MILLI,
        s.stdNanos() / NANOS_PER_MILLI,
        s.samples());
  }

  private void layers(Report report) {
    line("## Channels kept");
    line("");
    line("| group | channels | kept | kept share |");
    line("|---|---:|---:|---:|");
    for (Report.Layer l : report.layers()) {
      line(
          "| `%s` | %d | %d | %.0f %% |",
          l.group(), l.channels(), l.kept(), 100.0 * l.kept() / l.channels());
    }
    line("");
  }

  private void candidates(Report report) {
    line("## Candidates");
    line("");
    line("| candidate | data | accuracy | MACs | parameters | latency | reward | Pareto |");
    line("|---|---|---:|---:|---:|---:|---:|:---:|");
    for (Report.Candidate c : report.candidates()) {
      line(
          "| %s | %s | %.2f %% | %.1f %% | %.1f %% | %.1f %% | %.4f | %s |",
          c.id(),
          c.role(),
          100 * c.accuracy(),
          100 * c.macsRatio(),
          100 * c.parametersRatio(),
          100 * c.latencyRatio(),
          c.reward(),
          c.pareto() ? "●" : "");
    }
    line("");
    line("● on the Pareto front: no other is at least as accurate and as fast, and better in one.");
    line("");
    line("![Accuracy over latency of all candidates](pareto.svg)");
    line("");
  }

  private void warnings(Report report) {
    if (report.warnings().isEmpty()) {
      return;
    }
    line("## Warnings");
    line("");
    report.warnings().forEach(w -> line("- %s", w));
    line("");
  }

  private void provenance(Report.Provenance p) {
    line("## Provenance");
    line("");
    line("- method %s, criterion %s, seed %d", p.method(), p.criterion(), p.seed());
    line("- %,d calibration examples", p.calibrationSamples());
    line("- original model sha256 `%s`", p.modelSha256());
    line("- pruned model sha256 `%s`", p.prunedModelSha256());
    line("- R-SPAR %s; %s; %s", p.rsparVersion(), p.java(), p.operatingSystem());
    line("- requested %s, completed %s", p.requestedAt(), p.completedAt());
  }

  private void line(String pattern, Object... values) {
    text.append(values.length == 0 ? pattern : format(pattern, values)).append('\n');
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
