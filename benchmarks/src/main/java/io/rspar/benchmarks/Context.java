package io.rspar.benchmarks;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a benchmark may use.
 *
 * @param data models and examples to measure on
 * @param models further model files, for benchmarks over networks; may be empty
 * @param out folder of its own for files that it leaves beside table, plots and numbers (models,
 *     plans); exists
 * @param size how much is measured, as a share of what documented numbers are made of, above 0, to
 *     1
 * @param seed of everything that is drawn at random
 * @param progress takes a line about what is being done, for someone who waits
 */
public record Context(
    BenchmarkData data,
    List<Path> models,
    Path out,
    double size,
    long seed,
    Consumer<String> progress) {
  /**
   * @throws IllegalArgumentException if the size is not above 0 and at most 1
   */
  public Context {
    if (!(size > 0 && size <= 1)) {
      throw new IllegalArgumentException("size is " + size + ", must be above 0 and at most 1");
    }
    models = List.copyOf(models);
  }

  /**
   * The size's share of a number, rounded.
   *
   * @param full at size 1
   * @param least at any size
   */
  public int sized(int full, int least) {
    return Math.max(Math.min(full, least), (int) Math.round(size * full));
  }
}
