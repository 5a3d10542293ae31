package io.rspar.benchmarks;

import io.rspar.benchmarks.curvature.KfacCost;
import io.rspar.benchmarks.fidelity.Fidelity;
import io.rspar.benchmarks.fidelity.OneShot;
import io.rspar.benchmarks.networks.GraphCostBenchmark;
import io.rspar.benchmarks.networks.LargeModelBenchmark;
import io.rspar.benchmarks.networks.NetworksBenchmark;
import java.util.List;

/** Every benchmark that needs no broker; a new one is one line here. */
public final class Benchmarks {
  private static final List<Benchmark> ALL =
      List.of(
          new Fidelity(),
          new OneShot(),
          new KfacCost(),
          new NetworksBenchmark(),
          new GraphCostBenchmark(),
          new LargeModelBenchmark());

  private Benchmarks() {}

  /** All benchmarks, in the order in which they are listed. */
  public static List<Benchmark> all() {
    return ALL;
  }
}
