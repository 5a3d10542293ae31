package io.rspar.kit.plot;

import java.util.List;

/**
 * What belongs together in a chart.
 *
 * @param name in the legend; empty for none
 * @param mark how it is drawn
 * @param tone which of the palette's colours, from 0
 * @param points in the order of the line
 */
public record Series(String name, Mark mark, int tone, List<Point> points) {
  /** How a series is drawn. */
  public enum Mark {
    DOTS,
    LINE,
    LINE_AND_DOTS,
    /** From the axis up to each point. */
    BARS,
    /** A dashed vertical at the first point's x. */
    MARKER
  }

  /**
   * A point.
   *
   * @param label shown when the pointer rests on it, and read out; may be empty
   */
  public record Point(double x, double y, String label) {
    public Point(double x, double y) {
      this(x, y, "");
    }
  }

  public Series {
    points = List.copyOf(points);
  }
}
