package io.rspar.benchmarks.curvature;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.benchmarks.BenchmarkData;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.networks.ResNets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The names of the numbers are a contract with whoever reads them. */
class KfacCostTest {
  @TempDir private Path folder;

  @Test
  void numbersHaveTheirNames() throws Exception {
    KfacCost benchmark = new KfacCost(List.of(new KfacCost.Case(ResNets::resNet20, 32, 10, 16, 8)));
    Outcome outcome =
        benchmark.run(
            new Context(BenchmarkData.fashionMnist(folder), List.of(), folder, 1, 1, line -> {}));
    assertThat(outcome.numbers())
        .containsKeys(
            "ratio.resnet20",
            "cpu_ratio.resnet20",
            "peak_mib.resnet20",
            "largest_share.resnet20",
            "seconds.plain.resnet20",
            "seconds.analysis.resnet20",
            "seconds.input_factors.resnet20",
            "seconds.inverses.resnet20",
            "seconds.curves.resnet20");
    assertThat(outcome.numbers().get("ratio.resnet20")).isPositive();
    assertThat(outcome.numbers().get("samples.resnet20")).isEqualTo(16);
    double phases =
        outcome.numbers().entrySet().stream()
            .filter(
                e ->
                    e.getKey().startsWith("seconds.")
                        && !e.getKey().contains("plain")
                        && !e.getKey().contains("analysis"))
            .mapToDouble(e -> e.getValue())
            .sum();
    assertThat(phases).isLessThanOrEqualTo(outcome.numbers().get("seconds.analysis.resnet20"));
    assertThat(outcome.plots().get("kfac-cost").series().get(0).points()).hasSize(2);
  }
}
