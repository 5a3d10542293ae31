package io.rspar.search.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Accuracy over measured latency of all candidates and their Pareto front, as SVG. */
final class ParetoPlot {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 420;
  private static final int MARGIN = 60;

  private ParetoPlot() {}

  static String of(Report report) {
    List<Report.Candidate> candidates = report.candidates();
    double maxX = 1.05;
    double minY = report.dense().accuracy();
    double maxY = report.dense().accuracy();
    for (Report.Candidate c : candidates) {
      maxX = Math.max(maxX, c.latencyRatio() * 1.05);
      minY = Math.min(minY, c.accuracy());
      maxY = Math.max(maxY, c.accuracy());
    }
    double pad = Math.max(0.005, 0.1 * (maxY - minY));
    Axes axes = new Axes(maxX, Math.max(0, minY - pad), Math.min(1, maxY + pad));
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
                + " font-family=\"sans-serif\" font-size=\"12\"><title>Accuracy over latency of all"
                + " candidates</title><rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
            WIDTH,
            HEIGHT));
    grid(svg, axes);
    dot(svg, axes, 1, report.dense().accuracy(), "#444444", "original");
    front(svg, axes, candidates);
    for (Report.Candidate c : candidates) {
      boolean last = c.purpose().equals("FINAL");
      dot(svg, axes, c.latencyRatio(), c.accuracy(), last ? "#c1121f" : "#3a6ea5", c.id());
    }
    return svg.append("</svg>\n").toString();
  }

  private record Axes(double maxX, double minY, double maxY) {
    double x(double ratio) {
      return MARGIN + ratio / maxX * (WIDTH - 2 * MARGIN);
    }

    double y(double accuracy) {
      return HEIGHT - MARGIN - (accuracy - minY) / (maxY - minY) * (HEIGHT - 2 * MARGIN);
    }
  }

  private static void grid(StringBuilder svg, Axes axes) {
    for (int i = 0; i <= 5; i++) {
      double ratio = axes.maxX() * i / 5;
      double accuracy = axes.minY() + (axes.maxY() - axes.minY()) * i / 5;
      line(svg, axes.x(ratio), HEIGHT - MARGIN, axes.x(ratio), MARGIN);
      line(svg, MARGIN, axes.y(accuracy), WIDTH - MARGIN, axes.y(accuracy));
      text(svg, axes.x(ratio), HEIGHT - MARGIN + 18, "middle", "%.0f %%", 100 * ratio);
      text(svg, MARGIN - 6, axes.y(accuracy) + 4, "end", "%.1f %%", 100 * accuracy);
    }
    text(svg, WIDTH / 2.0, HEIGHT - 14, "middle", "median latency, share of the original's");
    text(svg, MARGIN, MARGIN - 16, "start", "accuracy");
  }

  /** The Pareto front of the explored candidates; the final one was measured on other data. */
  private static void front(StringBuilder svg, Axes axes, List<Report.Candidate> candidates) {
    String points =
        candidates.stream()
            .filter(c -> c.pareto() && !c.purpose().equals("FINAL"))
            .sorted(Comparator.comparingDouble(Report.Candidate::latencyRatio))
            .map(
                c ->
                    String.format(
                        Locale.ROOT, "%.1f,%.1f", axes.x(c.latencyRatio()), axes.y(c.accuracy())))
            .collect(Collectors.joining(" "));
    svg.append("<polyline points=\"")
        .append(points)
        .append("\" fill=\"none\" stroke=\"#3a6ea5\"/>\n");
  }

  private static void line(StringBuilder svg, double x1, double y1, double x2, double y2) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>%n",
            x1,
            y1,
            x2,
            y2));
  }

  private static void text(
      StringBuilder svg, double x, double y, String anchor, String pattern, Object... values) {
    svg.append(
        String.format(
            Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor));
    svg.append(values.length == 0 ? pattern : String.format(Locale.ROOT, pattern, values));
    svg.append("</text>\n");
  }

  private static void dot(
      StringBuilder svg, Axes axes, double ratio, double accuracy, String colour, String label) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\"><title>%s: %.2f %%, latency %.1f"
                + " %%</title></circle>%n",
            axes.x(ratio),
            axes.y(accuracy),
            colour,
            label,
            100 * accuracy,
            100 * ratio));
  }
}
