package io.rspar.search.report;

import java.util.Locale;
import java.util.stream.Collectors;

/** The report's tables as comma-separated values (RFC 4180). */
final class Tables {
  private Tables() {}

  static String layers(Report report) {
    return report.layers().stream()
        .map(l -> row("%s,%d,%d", quoted(l.group()), l.channels(), l.kept()))
        .collect(Collectors.joining("", "group,channels,kept\r\n", ""));
  }

  static String candidates(Report report) {
    return report.candidates().stream()
        .map(
            c ->
                row(
                    "%s,%d,%s,%s,%.6f,%.6f,%.6f,%.6f,%s,%.6f,%s",
                    quoted(c.id()),
                    c.round(),
                    c.purpose(),
                    c.role(),
                    c.accuracy(),
                    c.macsRatio(),
                    c.parametersRatio(),
                    c.latencyRatio(),
                    c.energyRatio() == null ? "" : decimal(c.energyRatio()),
                    c.reward(),
                    c.pareto()))
        .collect(
            Collectors.joining(
                "",
                "candidate,round,purpose,role,accuracy,macs_ratio,parameters_ratio,latency_ratio,"
                    + "energy_ratio,reward,pareto\r\n",
                ""));
  }

  private static String row(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values) + "\r\n";
  }

  private static String decimal(double value) {
    return String.format(Locale.ROOT, "%.6f", value);
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\"", "\"\"") + "\"";
  }
}
