package io.rspar.search.allocation;

import java.util.Locale;

/** No allowed allocation is as cheap as the target. */
public final class UnreachableTargetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long limit;
  private final long least;
  private final long full;

  /**
   * @param limit the cost asked for
   * @param least the lowest cost that the constraints allow
   * @param full the cost of the original
   */
  public UnreachableTargetException(long limit, long least, long full) {
    super(
        String.format(
            Locale.ROOT,
            "the target of %,d cannot be reached: with every group at its smallest allowed width the"
                + " network still costs %,d (%.1f %% of %,d)",
            limit,
            least,
            100.0 * least / full,
            full));
    this.limit = limit;
    this.least = least;
    this.full = full;
  }

  public long limit() {
    return limit;
  }

  public long least() {
    return least;
  }

  public long full() {
    return full;
  }
}
