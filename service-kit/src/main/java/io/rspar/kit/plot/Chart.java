package io.rspar.kit.plot;

import java.util.List;
import java.util.Locale;

/**
 * Series over two axes.
 *
 * @param title one line
 * @param summary what a reader who cannot see it should know
 * @param x the horizontal axis
 * @param y the vertical axis
 * @param series in drawing order
 * @param width of the picture (units of the SVG)
 * @param height of the picture
 */
public record Chart(
    String title, String summary, Axis x, Axis y, List<Series> series, int width, int height) {
  private static final int LEFT = 58;
  private static final int RIGHT = 16;
  private static final int TOP = 34;
  private static final int BOTTOM = 46;
  private static final int LEGEND_LINE = 18;
  private static final double BAR_SHARE = 0.6;

  /**
   * Okabe and Ito's palette, then some of Tol's: colour-blind readers can tell them apart. Darker
   * on light pages, lighter on dark ones.
   */
  private static final List<String> ON_LIGHT =
      List.of(
          "#0072b2", "#d55e00", "#009e73", "#8a4f77", "#9a6a00", "#2b7fb0", "#333333", "#777777",
          "#882255", "#117733", "#332288", "#aa4499");

  private static final List<String> ON_DARK =
      List.of(
          "#56b4e9", "#ff9d4d", "#3fd0a0", "#e3a5cc", "#e6b84d", "#9ad0f0", "#eeeeee", "#aaaaaa",
          "#d98bb0", "#7cc98f", "#a9a0f0", "#dd99dd");

  /** For pages that contain charts. */
  public static final String STYLE = style();

  public Chart {
    series = List.copyOf(series);
  }

  private static String style() {
    StringBuilder style = new StringBuilder();
    append(
        style,
        """
        .chart{font:12px system-ui,sans-serif;%s--ink:#333;--grid:#ddd}
        .chart text{fill:var(--ink)} .chart .title{font-weight:600;font-size:13px}
        .chart .grid{stroke:var(--grid)} .chart .line{fill:none;stroke-width:2}
        .chart .marker{stroke-width:2;stroke-dasharray:5 4}
        """,
        tones(ON_LIGHT));
    for (int tone = 0; tone < ON_LIGHT.size(); tone++) {
      append(style, ".chart .t%d{--c:var(--t%d)} ", tone, tone);
    }
    append(
        style,
        """

        .chart .line,.chart .marker{stroke:var(--c)} .chart .dot,.chart .bar{fill:var(--c)}
        @media (prefers-color-scheme:dark){.chart{%s--ink:#ddd;--grid:#3a3f47}}
        """,
        tones(ON_DARK));
    return style.toString();
  }

  private static String tones(List<String> colours) {
    StringBuilder tones = new StringBuilder();
    for (int tone = 0; tone < colours.size(); tone++) {
      append(tones, "--t%d:%s;", tone, colours.get(tone));
    }
    return tones.toString();
  }

  /** For a page that contains {@link #STYLE}. */
  public String toSvg() {
    return svg("");
  }

  /** A document of its own. */
  public String toDocument() {
    return svg(
        "<style>"
            + STYLE
            + "svg{background:#fff}"
            + "@media (prefers-color-scheme:dark){svg{background:#16191d}}</style>");
  }

  private String svg(String style) {
    StringBuilder svg = new StringBuilder();
    append(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 %d %d\""
            + " role=\"img\"><title>%s</title><desc>%s</desc>",
        width,
        height + legendHeight(),
        escaped(title),
        escaped(summary));
    svg.append(style);
    text(svg, LEFT, 18, "start", "title", title);
    grid(svg);
    series.forEach(s -> draw(svg, s));
    legend(svg);
    return svg.append("</svg>\n").toString();
  }

  private void grid(StringBuilder svg) {
    for (int i = 0; i < x.ticks().size(); i++) {
      text(svg, across(x.ticks().get(i)), height - BOTTOM + 17, "middle", "", x.names().get(i));
    }
    for (int i = 0; i < y.ticks().size(); i++) {
      double at = up(y.ticks().get(i));
      line(svg, "grid", LEFT, at, width - RIGHT, at);
      text(svg, LEFT - 6, at + 4, "end", "", y.names().get(i));
    }
    text(svg, (LEFT + width - RIGHT) / 2.0, height - 10, "middle", "", x.label());
    append(
        svg,
        "<text text-anchor=\"middle\" transform=\"translate(13 %.1f) rotate(-90)\">%s</text>",
        (TOP + height - BOTTOM) / 2.0,
        escaped(y.label()));
  }

  private void draw(StringBuilder svg, Series drawn) {
    append(svg, "<g class=\"t%d\">", drawn.tone() % ON_LIGHT.size());
    switch (drawn.mark()) {
      case DOTS -> dots(svg, drawn, 4.5);
      case LINE -> polyline(svg, drawn);
      case LINE_AND_DOTS -> {
        polyline(svg, drawn);
        dots(svg, drawn, 3.5);
      }
      case BARS -> bars(svg, drawn);
      case MARKER -> {
        double at = across(drawn.points().get(0).x());
        line(svg, "marker", at, TOP, at, height - BOTTOM);
      }
    }
    svg.append("</g>\n");
  }

  private void polyline(StringBuilder svg, Series drawn) {
    svg.append("<polyline class=\"line\" points=\"");
    drawn.points().forEach(p -> append(svg, "%.1f,%.1f ", across(p.x()), up(p.y())));
    svg.append("\"/>");
  }

  private void dots(StringBuilder svg, Series drawn, double radius) {
    for (Series.Point p : drawn.points()) {
      append(
          svg,
          "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\">%s</circle>",
          across(p.x()),
          up(p.y()),
          radius,
          hover(p));
    }
  }

  private void bars(StringBuilder svg, Series drawn) {
    double barWidth = BAR_SHARE * (width - LEFT - RIGHT) / (x.high() - x.low());
    for (Series.Point p : drawn.points()) {
      double top = up(p.y());
      append(
          svg,
          "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">%s</rect>",
          across(p.x()) - barWidth / 2,
          top,
          barWidth,
          Math.max(0, height - BOTTOM - top),
          hover(p));
      text(svg, across(p.x()), top - 5, "middle", "", p.label());
    }
  }

  private static String hover(Series.Point point) {
    return point.label().isEmpty() ? "" : "<title>" + escaped(point.label()) + "</title>";
  }

  private List<Series> named() {
    return series.stream().filter(s -> !s.name().isEmpty()).toList();
  }

  private int legendHeight() {
    return named().size() * LEGEND_LINE;
  }

  private void legend(StringBuilder svg) {
    int at = height + 8;
    for (Series s : named()) {
      append(svg, "<g class=\"t%d\">", s.tone() % ON_LIGHT.size());
      if (s.mark() == Series.Mark.LINE || s.mark() == Series.Mark.MARKER) {
        String type = s.mark() == Series.Mark.LINE ? "line" : "marker";
        line(svg, type, LEFT, at - 4, LEFT + 20, at - 4);
      } else {
        append(svg, "<circle class=\"dot\" cx=\"%d\" cy=\"%d\" r=\"4.5\"/>", LEFT + 10, at - 4);
      }
      text(svg, LEFT + 28, at, "start", "", s.name());
      svg.append("</g>");
      at += LEGEND_LINE;
    }
  }

  private double across(double value) {
    return LEFT + x.share(value) * (width - LEFT - RIGHT);
  }

  private double up(double value) {
    return height - BOTTOM - y.share(value) * (height - TOP - BOTTOM);
  }

  private static void line(
      StringBuilder svg, String type, double x1, double y1, double x2, double y2) {
    append(
        svg,
        "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
        type,
        x1,
        y1,
        x2,
        y2);
  }

  private static void text(
      StringBuilder svg, double x, double y, String anchor, String type, String text) {
    append(
        svg,
        "<text%s x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
        type.isEmpty() ? "" : " class=\"" + type + "\"",
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
}
