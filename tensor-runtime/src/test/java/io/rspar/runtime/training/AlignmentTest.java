package io.rspar.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.score.GroupNorm;
import io.rspar.runtime.Autograd;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.testing.Graphs;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AlignmentTest {
  private final NDManager manager = Torch.newManager();
  private final NDScope scope = new NDScope();

  AlignmentTest() {
    scope.suppressNotUsedWarning();
  }

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  @Test
  void aLineStaysALineAtAnyWidth() {
    for (int width : new int[] {2, 5, 16, 32, 100}) {
      float[] line = new float[width];
      for (int i = 0; i < width; i++) {
        line[width - 1 - i] = (i + 0.5f) / width;
      }
      float[] quantiles = Alignment.quantiles(manager.create(line)).toFloatArray();
      assertThat(quantiles).hasSize(Alignment.QUANTILES);
      for (int j = 0; j < quantiles.length; j++) {
        double wanted = (j + 0.5) / quantiles.length;
        double ends = 0.5 / width;
        assertThat(quantiles[j])
            .as("width %d, quantile %d", width, j)
            .isCloseTo((float) Math.max(ends, Math.min(1 - ends, wanted)), within(1e-6f));
      }
    }
  }

  @Test
  void groupsOfUnequalWidthAndScaleAlignWhereTheirDistributionsDo() {
    NDArray narrow = manager.create(new float[] {3, 1, 2, 4});
    NDArray wide = manager.create(new float[] {10, 10, 20, 20, 30, 30, 40, 40});
    NDArray flat = manager.create(new float[] {7, 7, 7});
    assertThat(divergence(narrow, narrow.mul(5))).isCloseTo(0, within(1e-6));
    assertThat(divergence(narrow, wide)).isBetween(0.0, 0.02);
    assertThat(divergence(narrow, flat)).isGreaterThan(0.05);
    assertThat(divergence(narrow)).isZero();
    assertThat(divergence(narrow, flat, wide))
        .isCloseTo(divergence(narrow, flat) + divergence(flat, wide), within(1e-6));
  }

  /** KL of the quantiles of {1, 3} from uniform ones, in plain arithmetic. */
  @Test
  void theDivergenceIsKullbackLeiblers() {
    int m = Alignment.QUANTILES;
    double[] q = new double[m];
    double sum = 0;
    for (int j = 0; j < m; j++) {
      double place = Math.max(0, Math.min(1, (j + 0.5) * 2 / m - 0.5));
      q[j] = 1 + 2 * place;
      sum += q[j];
    }
    double expected = 0;
    for (double value : q) {
      expected += value / sum * Math.log(value / sum * m);
    }
    assertThat(
            divergence(
                manager.create(new float[] {3, 1}), manager.create(new float[] {5, 5, 5, 5})))
        .isCloseTo(expected, within(1e-6));
  }

  private static double divergence(NDArray... importances) {
    return Alignment.divergence(List.of(importances)).getFloat();
  }

  @Test
  void normsAreThoseOfTheGraph() {
    Graph graph = Graphs.residual(1, 8, 10);
    DependencyGraph groups = DependencyGraph.of(graph);
    try (Network network = Network.load(graph)) {
      List<NDArray> norms = new GroupNorms(groups, network.parameters()).of(network);
      GroupNorm reference = new GroupNorm(2, GroupNorm.Reduction.MEAN);
      assertThat(norms).hasSameSizeAs(groups.groups());
      for (int g = 0; g < norms.size(); g++) {
        double[] expected = reference.score(graph, groups, groups.groups().get(g));
        float[] actual = norms.get(g).toFloatArray();
        assertThat(actual).hasSize(expected.length);
        for (int c = 0; c < actual.length; c++) {
          assertThat((double) actual[c]).isCloseTo(expected[c], within(1e-5 * expected[c]));
        }
      }
    }
  }

  @Test
  void theDivergencesGradientReachesTheWeights() {
    Graph graph = Graphs.residual(1, 8, 10);
    DependencyGraph groups = DependencyGraph.of(graph);
    try (Network network = Network.load(graph)) {
      GroupNorms norms = new GroupNorms(groups, network.parameters());
      network.requireGradients(true);
      Autograd.record(
          collector -> {
            NDArray divergence = Alignment.divergence(norms.of(network));
            System.gc();
            collector.backward(divergence);
            return null;
          });
      double largest = 0;
      for (NDArray weight : network.parameters().values()) {
        largest = Math.max(largest, weight.getGradient().abs().max().getFloat());
      }
      assertThat(largest).isPositive();
      for (NDArray weight : network.parameters().values()) {
        NDArray gradient = weight.getGradient().duplicate();
        double slope = gradient.square().sum().getFloat();
        if (slope < 1e-3 * largest * largest) {
          continue;
        }
        // Along its own gradient the divergence rises by the gradient's square.
        double step = 1e-3 / Math.sqrt(slope);
        weight.addi(gradient.mul(step));
        double up = divergence(norms.of(network).toArray(NDArray[]::new));
        weight.subi(gradient.mul(2 * step));
        double down = divergence(norms.of(network).toArray(NDArray[]::new));
        weight.addi(gradient.mul(step));
        assertThat((up - down) / (2 * step)).isCloseTo(slope, within(0.05 * slope + 1e-4));
      }
    }
  }
}
