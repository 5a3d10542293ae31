package io.rspar.search.baseline;

/** Hears how far a method is; may throw to end it. */
@FunctionalInterface
public interface Progress {
  /**
   * @param share 0 to 1
   */
  void report(double share, String detail);
}
