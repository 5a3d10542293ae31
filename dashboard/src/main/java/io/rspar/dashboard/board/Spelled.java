package io.rspar.dashboard.board;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;

/** How the dashboard writes constants and numbers. */
final class Spelled {
  private Spelled() {}

  static String constant(String name) {
    return name.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** With up to four decimals, without trailing zeros. */
  static String number(double value) {
    BigDecimal rounded = BigDecimal.valueOf(value).setScale(4, RoundingMode.HALF_UP);
    return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
  }
}
