package io.rspar.benchmarks;

import io.rspar.kit.plot.Axis;
import io.rspar.kit.plot.Axis.Unit;
import io.rspar.kit.plot.Chart;
import io.rspar.kit.plot.Series.Mark;
import io.rspar.kit.plot.Series.Point;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Points and lines over two linear axes, as SVG.
 *
 * @param title one line
 * @param xLabel quantity and unit
 * @param yLabel quantity and unit
 * @param series what is drawn, in the order of the legend; each has a colour of its own
 */
public record Plot(String title, String xLabel, String yLabel, List<Series> series) {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 440;

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

  public Plot {
    series = List.copyOf(series);
  }

  /** The plot as an SVG document. */
  public String toSvg() {
    List<io.rspar.kit.plot.Series> drawn =
        IntStream.range(0, series.size()).mapToObj(i -> drawn(series.get(i), i)).toList();
    return new Chart(
            title, "", axis(xLabel, Point::x), axis(yLabel, Point::y), drawn, WIDTH, HEIGHT)
        .toDocument();
  }

  private static io.rspar.kit.plot.Series drawn(Series series, int tone) {
    Mark mark = series.line() ? Mark.LINE_AND_DOTS : Mark.DOTS;
    return new io.rspar.kit.plot.Series(series.name(), mark, tone, series.points());
  }

  private Axis axis(String label, ToDoubleFunction<Point> value) {
    List<Double> values =
        new ArrayList<>(
            series.stream().flatMap(s -> s.points().stream()).map(value::applyAsDouble).toList());
    // Small offsets from zero are noise for a reader, large ones would waste the space.
    if (!values.isEmpty()) {
      double least = Collections.min(values);
      if (least > 0 && least < 0.5 * Collections.max(values)) {
        values.add(0.0);
      }
    }
    return Axis.covering(label, Unit.NUMBER, values);
  }
}
