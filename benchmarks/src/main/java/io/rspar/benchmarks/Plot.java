package io.rspar.benchmarks;

import java.util.List;
import java.util.Locale;

/**
 * Points and lines over two linear axes, as SVG.
 *
 * @param title one line
 * @param xLabel quantity and unit
 * @param yLabel quantity and unit
 * @param series what is drawn, in the order of the legend
 */
public record Plot(String title, String xLabel, String yLabel, List<Series> series) {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 440;
  private static final int MARGIN = 70;
  private static final int LEGEND = 190;

  /** Okabe and Ito's palette, then some of Tol's: they tell apart for colour-blind readers too. */
  private static final List<String> COLOURS =
      List.of(
          "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999",
          "#882255", "#117733", "#332288", "#aa4499");

  /**
   * A set of points.
   *
   * @param name in the legend
   * @param points in the order of the line
   * @param line whether neighbours are joined
   */
  public record Series(String name, List<Point> points, boolean line) {
    public Series {
      points = List.copyOf(points);
    }
  }

  /**
   * A point.
   *
   * @param label shown when the pointer rests on it; may be empty
   */
  public record Point(double x, double y, String label) {
    public Point(double x, double y) {
      this(x, y, "");
    }
  }

  public Plot {
    series = List.copyOf(series);
  }

  /** The plot as an SVG document. */
  public String toSvg() {
    Scale x = Scale.of(series, true);
    Scale y = Scale.of(series, false);
    StringBuilder svg = new StringBuilder();
    append(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
            + " font-family=\"sans-serif\" font-size=\"12\"><title>%s</title>"
            + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
        WIDTH + LEGEND,
        HEIGHT,
        escaped(title));
    grid(svg, x, y);
    for (int i = 0; i < series.size(); i++) {
      draw(svg, series.get(i), COLOURS.get(i % COLOURS.size()), x, y);
      int at = MARGIN + 20 * i;
      String colour = COLOURS.get(i % COLOURS.size());
      append(svg, "<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"%s\"/>%n", WIDTH, at - 4, colour);
      text(svg, WIDTH + 12, at, "start", series.get(i).name());
    }
    return svg.append("</svg>\n").toString();
  }

  private void grid(StringBuilder svg, Scale x, Scale y) {
    for (double tick = x.low; tick <= x.high + x.step / 2; tick += x.step) {
      double at = horizontal(x, tick);
      line(svg, at, HEIGHT - MARGIN, at, MARGIN);
      text(svg, at, HEIGHT - MARGIN + 18, "middle", x.label(tick));
    }
    for (double tick = y.low; tick <= y.high + y.step / 2; tick += y.step) {
      double at = vertical(y, tick);
      line(svg, MARGIN, at, WIDTH - MARGIN / 2.0, at);
      text(svg, MARGIN - 6, at + 4, "end", y.label(tick));
    }
    text(svg, WIDTH / 2.0, 24, "middle", title);
    text(svg, WIDTH / 2.0, HEIGHT - 20, "middle", xLabel);
    text(svg, MARGIN / 2.0, MARGIN - 16, "start", yLabel);
  }

  private static void draw(StringBuilder svg, Series series, String colour, Scale x, Scale y) {
    if (series.line()) {
      svg.append("<polyline fill=\"none\" stroke-width=\"2\" points=\"");
      for (Point point : series.points()) {
        append(svg, "%.1f,%.1f ", horizontal(x, point.x()), vertical(y, point.y()));
      }
      append(svg, "\" stroke=\"%s\"/>%n", colour);
    }
    for (Point point : series.points()) {
      append(
          svg,
          "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"><title>%s (%.6g, %.6g)</title>"
              + "</circle>%n",
          horizontal(x, point.x()),
          vertical(y, point.y()),
          colour,
          escaped(point.label().isEmpty() ? series.name() : point.label()),
          point.x(),
          point.y());
    }
  }

  private static double horizontal(Scale scale, double value) {
    return MARGIN + scale.share(value) * (WIDTH - 1.5 * MARGIN);
  }

  private static double vertical(Scale scale, double value) {
    return HEIGHT - MARGIN - scale.share(value) * (HEIGHT - 2 * MARGIN);
  }

  private static void line(StringBuilder svg, double x1, double y1, double x2, double y2) {
    append(
        svg,
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>%n",
        x1,
        y1,
        x2,
        y2);
  }

  private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
    append(
        svg,
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
        x,
        y,
        anchor,
        escaped(text));
  }

  private static void append(StringBuilder svg, String pattern, Object... values) {
    svg.append(String.format(Locale.ROOT, pattern, values));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** From {@code low} to {@code high} in steps of 1, 2 or 5 times a power of ten. */
  private record Scale(double low, double high, double step) {
    static Scale of(List<Series> series, boolean horizontal) {
      double min = Double.POSITIVE_INFINITY;
      double max = Double.NEGATIVE_INFINITY;
      for (Series s : series) {
        for (Point point : s.points()) {
          min = Math.min(min, horizontal ? point.x() : point.y());
          max = Math.max(max, horizontal ? point.x() : point.y());
        }
      }
      if (!(min <= max)) {
        return new Scale(0, 1, 0.2);
      }
      // Small offsets from zero are noise for a reader, large ones would waste the space.
      min = min > 0 && min < 0.5 * max ? 0 : min;
      double range = max > min ? max - min : Math.max(1e-9, Math.abs(max));
      double power = Math.pow(10, Math.floor(Math.log10(range / 5)));
      double mantissa = range / 5 / power;
      double step = power * (mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10);
      double low = Math.floor(min / step) * step;
      double high = Math.ceil((low + range) / step) * step;
      return new Scale(low, Math.max(high, Math.ceil(max / step) * step), step);
    }

    double share(double value) {
      return (value - low) / (high - low);
    }

    String label(double tick) {
      double exact = Math.round(tick / step) * step;
      int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
      return String.format(Locale.ROOT, "%,." + decimals + "f", exact);
    }
  }
}
