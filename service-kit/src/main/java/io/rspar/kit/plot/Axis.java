package io.rspar.kit.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A linear axis.
 *
 * @param label quantity and unit
 * @param low value at its beginning
 * @param high value at its end, above {@code low}
 * @param ticks values with a grid line, ascending
 * @param names of the ticks
 */
public record Axis(String label, double low, double high, List<Double> ticks, List<String> names) {
  /** How a value is written beside its tick. */
  public enum Unit {
    /** As it is. */
    NUMBER,
    /** A share as a percentage. */
    PERCENT
  }

  public Axis {
    ticks = List.copyOf(ticks);
    names = List.copyOf(names);
    if (!(high > low) || ticks.size() != names.size()) {
      throw new IllegalArgumentException(
          "axis %s from %s to %s: %s with %s".formatted(label, low, high, ticks, names));
    }
  }

  /** About five steps of 1, 2 or 5 times a power of ten that cover all values. */
  public static Axis covering(String label, Unit unit, List<Double> values) {
    double least = values.stream().filter(Double::isFinite).min(Double::compare).orElse(0.0);
    double most = values.stream().filter(Double::isFinite).max(Double::compare).orElse(1.0);
    double spread = most > least ? most - least : Math.max(1e-9, Math.abs(most) / 10);
    double step = niceStep(spread / 5);
    long first = (long) Math.floor(least / step + 1e-9);
    long last = Math.max(first + 1, (long) Math.ceil(most / step - 1e-9));
    List<Double> ticks = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (long i = first; i <= last; i++) {
      ticks.add(i * step);
      names.add(written(i * step, step, unit));
    }
    return new Axis(label, first * step, last * step, ticks, names);
  }

  /** One place per name, at 0, 1, 2, … */
  public static Axis categories(String label, List<String> names) {
    List<Double> ticks = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      ticks.add((double) i);
    }
    return new Axis(label, -0.5, names.size() - 0.5, ticks, names);
  }

  /** Where a value lies: 0 at the beginning, 1 at the end. */
  double share(double value) {
    return (value - low) / (high - low);
  }

  private static double niceStep(double rough) {
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double digits = rough / power;
    return power * (digits <= 1 ? 1 : digits <= 2 ? 2 : digits <= 5 ? 5 : 10);
  }

  private static String written(double value, double step, Unit unit) {
    double scale = unit == Unit.PERCENT ? 100 : 1;
    int decimals = (int) Math.max(0, Math.ceil(-Math.log10(step * scale) - 1e-9));
    String number = String.format(Locale.ROOT, "%,." + decimals + "f", value * scale);
    return unit == Unit.PERCENT ? number + " %" : number;
  }
}
