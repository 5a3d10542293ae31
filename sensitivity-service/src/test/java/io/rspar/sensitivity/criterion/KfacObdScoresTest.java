package io.rspar.sensitivity.criterion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.Torch;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.curvature.LayerFactors;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Scores against the quadratic form ½·vec(ΔW)ᵀ (A ⊗ G) vec(ΔW), written out in full. */
class KfacObdScoresTest {
  private static final int OUTPUTS = 3;
  private static final int INPUTS = 4;
  private static final int PATCH = 4;
  private static final int COLUMNS = INPUTS * PATCH;

  private final NDManager manager = Torch.newManager();
  private final Random random = new Random(11);
  private final double[] weights = random.doubles(OUTPUTS * COLUMNS, -1, 1).toArray();
  private final double[] a = positiveDefinite(COLUMNS);
  private final double[] g = positiveDefinite(OUTPUTS);
  private final KfacObdScores scores =
      new KfacObdScores(
          Map.of(
              "conv",
              new WeightedLayer(
                  new Node("conv", "", "Conv", List.of("x", "w"), List.of("y"), Map.of()),
                  "w",
                  1,
                  OUTPUTS,
                  INPUTS,
                  new long[] {2, 2},
                  false,
                  new double[][] {weights})),
          Map.of(
              "conv",
              new LayerFactors(
                  List.of(
                      new LayerFactors.InputBlock(
                          0,
                          IntStream.range(0, COLUMNS).toArray(),
                          manager.create(a, new Shape(COLUMNS, COLUMNS)))),
                  manager.create(g, new Shape(1, OUTPUTS, OUTPUTS)),
                  COLUMNS,
                  OUTPUTS,
                  10,
                  9,
                  0)));

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void removedInputChannelsCostTheirColumns() {
    double[] actual = scores.of(group(Role.CONSUMER, 1, new int[][] {{0}, {1}, {2, 3}}));
    assertThat(actual[0]).isCloseTo(quadraticForm(columnsOf(0)), within(1e-9));
    assertThat(actual[1]).isCloseTo(quadraticForm(columnsOf(1)), within(1e-9));
    assertThat(actual[2]).isCloseTo(quadraticForm(columnsOf(2, 3)), within(1e-9));
  }

  @Test
  void removedOutputChannelsCostTheirRowsWhereNothingConsumesThem() {
    double[] actual = scores.of(group(Role.PRODUCER, 0, new int[][] {{0}, {2}}));
    assertThat(actual[0]).isCloseTo(quadraticForm(rowOf(0)), within(1e-9));
    assertThat(actual[1]).isCloseTo(quadraticForm(rowOf(2)), within(1e-9));
  }

  @Test
  void oneRemovalIsNotCountedOnBothSides() {
    Member producer = new Member("conv", "Conv", "w", 0, Role.PRODUCER, new int[][] {{0}, {1}});
    Member consumer = new Member("conv", "Conv", "w", 1, Role.CONSUMER, new int[][] {{0}, {1}});
    double[] both = scores.of(new ChannelGroup("g", 2, List.of(producer, consumer), List.of()));
    double[] consumed = scores.of(new ChannelGroup("g", 2, List.of(consumer), List.of()));
    assertThat(both).containsExactly(consumed);
  }

  @Test
  void groupsWithoutCurvatureAreNamed() {
    ChannelGroup stranger =
        new ChannelGroup(
            "stranger",
            1,
            List.of(new Member("other", "Conv", "v", 1, Role.CONSUMER, new int[][] {{0}})),
            List.of());
    assertThat(scores.isUnscored(stranger)).isTrue();
    assertThat(scores.of(stranger)).containsExactly(0);
    assertThat(scores.isUnscored(group(Role.CONSUMER, 1, new int[][] {{0}}))).isFalse();
  }

  private static ChannelGroup group(Role role, int axis, int[][] indices) {
    return new ChannelGroup(
        "g",
        indices.length,
        List.of(new Member("conv", "Conv", "w", axis, role, indices)),
        List.of());
  }

  private double quadraticForm(double[] delta) {
    double sum = 0;
    for (int o = 0; o < OUTPUTS; o++) {
      for (int i = 0; i < COLUMNS; i++) {
        for (int p = 0; p < OUTPUTS; p++) {
          for (int j = 0; j < COLUMNS; j++) {
            sum +=
                delta[o * COLUMNS + i]
                    * a[i * COLUMNS + j]
                    * g[o * OUTPUTS + p]
                    * delta[p * COLUMNS + j];
          }
        }
      }
    }
    return sum / 2;
  }

  /** −W on these input channels, zero elsewhere. */
  private double[] columnsOf(int... channels) {
    double[] delta = new double[OUTPUTS * COLUMNS];
    for (int channel : channels) {
      for (int o = 0; o < OUTPUTS; o++) {
        for (int p = 0; p < PATCH; p++) {
          int at = o * COLUMNS + channel * PATCH + p;
          delta[at] = -weights[at];
        }
      }
    }
    return delta;
  }

  private double[] rowOf(int row) {
    double[] delta = new double[OUTPUTS * COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
      delta[row * COLUMNS + i] = -weights[row * COLUMNS + i];
    }
    return delta;
  }

  private double[] positiveDefinite(int size) {
    double[] root = random.doubles(size * size, -1, 1).toArray();
    double[] matrix = new double[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        for (int k = 0; k < size; k++) {
          matrix[i * size + j] += root[i * size + k] * root[j * size + k];
        }
      }
    }
    return matrix;
  }
}
