package io.rspar.benchmarks;

/** One measurement. */
public interface Benchmark {
  /** What the command line calls it: lower case, words joined by hyphens. */
  String name();

  /** One line: what is measured, on what. */
  String summary();

  /**
   * Measures.
   *
   * @throws Exception what the measured code throws; {@link io.rspar.kit.failure.WorkException} for
   *     what the user can mend
   */
  Outcome run(Context context) throws Exception;
}
