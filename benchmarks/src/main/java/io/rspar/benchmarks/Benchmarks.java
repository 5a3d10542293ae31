package io.rspar.benchmarks;

import io.rspar.benchmarks.fidelity.Fidelity;
import io.rspar.benchmarks.fidelity.OneShot;
import io.rspar.benchmarks.networks.GraphCostBenchmark;
import io.rspar.benchmarks.networks.NetworksBenchmark;
import java.util.List;
import java.util.Optional;

/** Every benchmark there is; a new one is one line here. */
public final class Benchmarks {
  private static final List<Benchmark> ALL =
      List.of(new Fidelity(), new OneShot(), new NetworksBenchmark(), new GraphCostBenchmark());

  private Benchmarks() {}

  /** All benchmarks, in the order in which they are listed. */
  public static List<Benchmark> all() {
    return ALL;
  }

  /** The benchmark with this name. */
  public static Optional<Benchmark> named(String name) {
    return ALL.stream().filter(benchmark -> benchmark.name().equals(name)).findFirst();
  }
}
