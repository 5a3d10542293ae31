package io.rspar.search.report;

import java.util.Locale;

/** How the report writes quantities. */
final class Words {
  private static final double NANOS_PER_MILLI = 1e6;

  private Words() {}

  static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  static String percent(double share) {
    return format("%.2f %%", 100 * share);
  }

  static String points(double share) {
    return format("%+.2f points", 100 * share);
  }

  static String count(long value) {
    return format("%,d", value);
  }

  static String millis(double nanos) {
    return format("%.3f", nanos / NANOS_PER_MILLI);
  }

  static double toMillis(double nanos) {
    return nanos / NANOS_PER_MILLI;
  }

  static String change(double before, double after) {
    return before == 0 ? "–" : format("%+.1f %%", 100 * (after - before) / before);
  }

  static String cost(double value) {
    return value == 0
        ? "0"
        : Math.abs(value) < 1e-3 ? format("%.1e", value) : format("%.4f", value);
  }

  static String lower(String constant) {
    return constant.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static String bytes(long bytes) {
    if (bytes < 1 << 10) {
      return bytes + " B";
    }
    return bytes < 1 << 20
        ? format("%.1f KiB", bytes / 1024.0)
        : format("%.2f MiB", bytes / (1024.0 * 1024));
  }
}
