package io.rspar.standalone.bench;

import io.rspar.benchmarks.Benchmark;
import java.util.List;

/** The benchmarks that need a broker; a new one is one line here. */
public final class SystemBenchmarks {
  private SystemBenchmarks() {}

  /** In the order in which they are listed. */
  public static List<Benchmark> all() {
    return List.of(new Overhead(), new ScaleOut());
  }
}
