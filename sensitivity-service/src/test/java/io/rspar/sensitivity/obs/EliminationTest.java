package io.rspar.sensitivity.obs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.runtime.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against the definition: the cost of a set of columns is the smallest ½·tr(G·D·A·Dᵀ) over all
 * changes D that bring these columns to zero, found here by minimising the quadratic form itself.
 */
class EliminationTest {
  private static final int OUTPUTS = 3;
  private static final int CHANNELS = 4;
  private static final int SET = 2;
  private static final int INPUTS = CHANNELS * SET + 1;
  private static final Offset<Double> CLOSE = within(1e-7);

  private final Random random = new Random(3);
  private final double[] w = random.doubles(OUTPUTS * INPUTS, -1, 1).toArray();
  private final double[] a = positiveDefinite(INPUTS);
  private final double[] g = positiveDefinite(OUTPUTS);
  private final NDManager manager = Torch.newManager();

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void theCostOfAChannelIsTheLeastThatAnyCompensationLeaves() {
    double[] costs = elimination().costs();
    for (int c = 0; c < CHANNELS; c++) {
      assertThat(costs[c]).isCloseTo(quadratic(best(c)), CLOSE);
    }
  }

  @Test
  void compensationNeverCostsMoreThanNone() {
    double[] costs = elimination().costs();
    for (int c = 0; c < CHANNELS; c++) {
      double[] plain = new double[w.length];
      for (int o = 0; o < OUTPUTS; o++) {
        for (int i = c * SET; i < (c + 1) * SET; i++) {
          plain[o * INPUTS + i] = -w[o * INPUTS + i];
        }
      }
      assertThat(costs[c]).isLessThan(quadratic(plain));
      assertThat(elimination().plainCosts()[c]).isCloseTo(quadratic(plain), CLOSE);
    }
  }

  /** Column 4 of every block belongs to no channel and must survive. */
  @Test
  void oneAfterTheOtherEndsWhereASetAtOnceDoes() {
    Elimination together = elimination();
    together.remove(new int[] {0, 2, 3});
    Elimination inTurn = elimination();
    double sum = 0;
    for (int c : new int[] {2, 0, 3}) {
      sum += inTurn.costs()[c];
      inTurn.remove(new int[] {c});
    }
    double[] best = best(0, 2, 3);
    for (int i = 0; i < w.length; i++) {
      assertThat(together.weight()[i]).isCloseTo(w[i] + best[i], CLOSE);
      assertThat(inTurn.weight()[i]).isCloseTo(w[i] + best[i], CLOSE);
    }
    assertThat(sum).isCloseTo(quadratic(best), CLOSE);
  }

  /** Channels that say the same cost nothing one by one, but cannot both go. */
  @Test
  void aTwinIsFreeOnlyOnce() {
    double[] twins = new double[4];
    Arrays.fill(twins, 1);
    twins[0] += 1e-9;
    twins[3] += 1e-9;
    Elimination elimination =
        elimination(
            new double[] {1, 1},
            new double[] {2},
            twins,
            manager.create(twins, new Shape(2, 2)).inverse(),
            new int[][] {{0}, {1}});
    GroupSensitivity curve =
        new GreedyElimination(List.of(elimination), 2, null).run("twins", new int[0], left -> {});
    assertThat(curve.curve()[1]).isCloseTo(0, within(1e-6));
    assertThat(curve.curve()[2]).isCloseTo(0.5 * 2 * 4, within(1e-6));
  }

  @Test
  void theCurveAddsUpToTheCostOfEverything() {
    GroupSensitivity curve =
        new GreedyElimination(List.of(elimination()), CHANNELS, null)
            .run("g", new int[0], left -> {});
    assertThat(curve.curve()[CHANNELS]).isCloseTo(quadratic(best(0, 1, 2, 3)), CLOSE);
    assertThat(curve.curve()).isSorted();
    assertThat(curve.removalOrder()).containsExactlyInAnyOrder(0, 1, 2, 3);
    assertThat(curve.scores()).containsExactly(elimination().plainCosts(), CLOSE);
  }

  @Test
  void exactCostsAreTheScoresAndTheFactorsDecideWhatGoes() {
    double[] exact = elimination().plainCosts();
    exact[1] *= 1000;
    GroupSensitivity plain =
        new GreedyElimination(List.of(elimination()), CHANNELS, null)
            .run("g", new int[0], left -> {});
    GroupSensitivity curve =
        new GreedyElimination(List.of(elimination()), CHANNELS, exact)
            .run("g", new int[0], left -> {});
    assertThat(curve.scores()).isEqualTo(exact);
    assertThat(curve.removalOrder()).isEqualTo(plain.removalOrder());
    assertThat(curve.curve()).isEqualTo(plain.curve());
  }

  /**
   * Wide enough that what is eliminated is dropped many times: the curve must still be that of the
   * definition, channel by channel.
   */
  @ParameterizedTest
  @ValueSource(strings = {"FLOAT64", "FLOAT32"})
  void droppingEliminatedColumnsChangesNothing(String precision) {
    int channels = 90;
    int inputs = 3 * channels + 1;
    double[] weights = random.doubles(OUTPUTS * inputs, -1, 1).toArray();
    double[] factor = positiveDefinite(inputs);
    for (int i = 0; i < inputs; i++) {
      factor[i * inputs + i] += inputs / 10.0;
    }
    int[][] columns = new int[channels][];
    for (int c = 0; c < channels; c++) {
      columns[c] = new int[] {c, channels + c, 2 * channels + c};
    }
    NDArray matrix = manager.create(factor, new Shape(inputs, inputs));
    Elimination elimination =
        elimination(
            weights,
            g,
            factor,
            matrix.inverse().toType(DataType.valueOf(precision), false),
            columns);
    int[] order = random.ints(0, channels).distinct().limit(channels - 5).toArray();
    for (int c : order) {
      elimination.remove(new int[] {c});
    }
    // W_F + W_S·A_SF·A_FF⁻¹, for the columns F that are left.
    boolean[] gone = new boolean[inputs];
    Arrays.stream(order).forEach(c -> Arrays.stream(columns[c]).forEach(i -> gone[i] = true));
    long[] left = IntStream.range(0, inputs).filter(i -> !gone[i]).asLongStream().toArray();
    NDArray all = manager.create(weights, new Shape(OUTPUTS, inputs));
    NDArray f = manager.create(left);
    NDArray expected =
        all.matMul(matrix)
            .transpose()
            .get(new NDIndex("{}", f))
            .transpose()
            .matMul(
                matrix.get(new NDIndex("{}", f)).transpose().get(new NDIndex("{}", f)).inverse());
    double[] actual = elimination.weight();
    for (int o = 0; o < OUTPUTS; o++) {
      for (int i = 0; i < inputs; i++) {
        if (gone[i]) {
          assertThat(actual[o * inputs + i]).isZero();
        }
      }
      for (int i = 0; i < left.length; i++) {
        assertThat(actual[(int) (o * inputs + left[i])])
            .isCloseTo(expected.getDouble(o, i), within(precision.equals("FLOAT64") ? 1e-8 : 1e-3));
      }
    }
  }

  /** Channels of another block of a block-diagonal factor cost nothing here and stay. */
  @Test
  void channelsThatTheWeightDoesNotHaveCostNothing() {
    Elimination elimination =
        elimination(
            w,
            g,
            a,
            manager.create(a, new Shape(INPUTS, INPUTS)).inverse(),
            new int[][] {{}, {2, 3}, {4, 5}});
    assertThat(elimination.costs()[0]).isZero();
    assertThat(elimination.costs()[1]).isCloseTo(quadratic(best(1)), CLOSE);
    elimination.remove(new int[] {0, 2});
    assertThat(elimination.weight()[4]).isZero();
    assertThat(elimination.weight()[0]).isNotZero();
  }

  /** Of wide groups several channels go in a step, but none passes over a width that is wanted. */
  @Test
  void wideGroupsStopWhereTheyAreToldTo() {
    int width = 300;
    double[] weights = random.doubles(width, -1, 1).toArray();
    double[] factor = new double[width * width];
    for (int i = 0; i < width; i++) {
      factor[i * width + i] = 1;
    }
    int[][] columns = new int[width][];
    for (int c = 0; c < width; c++) {
      columns[c] = new int[] {c};
    }
    Elimination wide =
        elimination(
            weights,
            new double[] {1},
            factor,
            manager.create(factor, new Shape(width, width)),
            columns);
    List<Integer> stops = new ArrayList<>();
    GroupSensitivity curve =
        new GreedyElimination(List.of(wide), width, null)
            .run("wide", new int[] {297, 150, 149, 7}, stops::add);
    assertThat(stops).containsExactly(297, 150, 149, 7);
    assertThat(curve.curve()[width])
        .isCloseTo(0.5 * Arrays.stream(weights).map(w -> w * w).sum(), CLOSE);
  }

  private Elimination elimination() {
    int[][] columns = new int[CHANNELS][];
    for (int c = 0; c < CHANNELS; c++) {
      columns[c] = new int[] {c * SET, c * SET + 1};
    }
    return elimination(w, g, a, manager.create(a, new Shape(INPUTS, INPUTS)).inverse(), columns);
  }

  private Elimination elimination(
      double[] weights, double[] other, double[] factor, NDArray inverse, int[][] columns) {
    long inputs = inverse.getShape().get(0);
    long outputs = weights.length / inputs;
    NDArray transposed = manager.create(weights, new Shape(outputs, inputs)).transpose();
    return new Elimination(
        manager,
        transposed,
        transposed.matMul(manager.create(other, new Shape(outputs, outputs))),
        manager.create(factor, new Shape(inputs, inputs)),
        inverse,
        columns);
  }

  /**
   * The change with the least cost that zeroes these channels. With G regular the minimum over the
   * free columns F solves D_F A_FF = W_S A_SF row by row, whatever G is.
   */
  private double[] best(int... channels) {
    boolean[] gone = new boolean[INPUTS];
    for (int c : channels) {
      gone[c * SET] = true;
      gone[c * SET + 1] = true;
    }
    double[] change = new double[w.length];
    for (int o = 0; o < OUTPUTS; o++) {
      for (int i = 0; i < INPUTS; i++) {
        change[o * INPUTS + i] = gone[i] ? -w[o * INPUTS + i] : 0;
      }
      // Gauss-Seidel on the free columns: slow, simple, and nothing like the code under test.
      for (int sweep = 0; sweep < 20_000; sweep++) {
        for (int f = 0; f < INPUTS; f++) {
          if (!gone[f]) {
            double slope = 0;
            for (int i = 0; i < INPUTS; i++) {
              slope += i == f ? 0 : change[o * INPUTS + i] * a[i * INPUTS + f];
            }
            change[o * INPUTS + f] = -slope / a[f * INPUTS + f];
          }
        }
      }
    }
    return change;
  }

  private double quadratic(double[] change) {
    double sum = 0;
    for (int o = 0; o < OUTPUTS; o++) {
      for (int p = 0; p < OUTPUTS; p++) {
        for (int i = 0; i < INPUTS; i++) {
          for (int j = 0; j < INPUTS; j++) {
            sum +=
                g[o * OUTPUTS + p]
                    * change[o * INPUTS + i]
                    * a[i * INPUTS + j]
                    * change[p * INPUTS + j];
          }
        }
      }
    }
    return sum / 2;
  }

  private double[] positiveDefinite(int size) {
    double[] root = random.doubles(size * size, -1, 1).toArray();
    double[] matrix = new double[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        for (int k = 0; k < size; k++) {
          matrix[i * size + j] += root[i * size + k] * root[j * size + k];
        }
        matrix[i * size + j] += i == j ? 0.3 : 0;
      }
    }
    return matrix;
  }
}
