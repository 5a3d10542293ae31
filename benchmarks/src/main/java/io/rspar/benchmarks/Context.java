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
 * @param seed of everything that is drawn at random
 * @param progress takes a line about what is being done, for someone who waits
 */
public record Context(
    BenchmarkData data, List<Path> models, Path out, long seed, Consumer<String> progress) {
  public Context {
    models = List.copyOf(models);
  }
}
