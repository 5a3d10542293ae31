package io.rspar.pruner.compensation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.surgery.Kept;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.kit.sensitivity.InputFactors;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * From factors of some activations, the compensated weight must be the one that fits the original's
 * outputs on these activations best: its residual is orthogonal to everything that stays.
 */
class ObsCompensationTest {
  private static final int FEATURES = 5;
  private static final int HIDDEN = 6;
  private static final int CLASSES = 3;
  private static final int EXAMPLES = 50;
  private static final List<Integer> KEPT = List.of(0, 2, 3, 5);

  private final Random random = new Random(4);
  private final float[] w1 = gaussian(HIDDEN * FEATURES);
  private final float[] w2 = gaussian(CLASSES * HIDDEN);
  private final float[] bias = gaussian(CLASSES);
  private final float[] x = gaussian(EXAMPLES * FEATURES);

  @Test
  void theResidualIsOrthogonalToWhatStays() {
    double[] residual = residual(List.of(block(IntStream.rangeClosed(0, HIDDEN).toArray())));
    for (int c = 0; c < CLASSES; c++) {
      for (int stays : List.of(0, 2, 3, 5, HIDDEN)) {
        double product = 0;
        for (int n = 0; n < EXAMPLES; n++) {
          product += residual[n * CLASSES + c] * seen(n)[stays];
        }
        assertThat(product / EXAMPLES)
            .as("class %d, column %d", c, stays)
            .isCloseTo(0, within(1e-4));
      }
    }
    assertThat(sumOfSquares(residual))
        .isPositive()
        .isLessThan(sumOfSquares(residual(List.of())) / 2);
  }

  /** In a block-diagonal factor only columns of the same block take over. */
  @Test
  void blocksKeepToThemselves() {
    double[] residual =
        residual(List.of(block(new int[] {0, 1}), block(new int[] {2, 3, 4, 5, HIDDEN})));
    assertThat(sumOfSquares(residual))
        .isLessThan(sumOfSquares(residual(List.of())))
        .isGreaterThan(
            sumOfSquares(residual(List.of(block(IntStream.rangeClosed(0, HIDDEN).toArray())))));
  }

  @Test
  void factorsSurviveTheirFile() throws Exception {
    InputFactors factors = new InputFactors(Map.of("out", List.of(block(new int[] {0, 4, 2}))));
    InputFactors read = InputFactors.ofBytes(factors.toBytes());
    assertThat(read.byNode().get("out").get(0).columns()).containsExactly(0, 4, 2);
    assertThat(read.byNode().get("out").get(0).matrix())
        .containsExactly(factors.byNode().get("out").get(0).matrix());
  }

  /** Original minus compensated cut output, examples × classes; without blocks: as cut. */
  private double[] residual(List<InputFactors.Block> blocks) {
    Graph graph = graph();
    DependencyGraph groups = DependencyGraph.of(graph);
    PruningPlan plan = new PruningPlan(Map.of(groups.groups().get(0).id(), KEPT));
    try (NDManager manager = Torch.newManager();
        NDScope scope = new NDScope();
        Network dense = Network.load(graph);
        Network cut = Network.load(Surgeon.cut(graph, groups, plan))) {
      scope.suppressNotUsedWarning();
      if (!blocks.isEmpty()) {
        new ObsCompensation(
                cut, new Kept(groups, plan), new InputFactors(Map.of("out", blocks)), 1e-8)
            .run(graph, Compensator.Listener.NONE);
      }
      NDArray input = manager.create(x, new ai.djl.ndarray.types.Shape(EXAMPLES, FEATURES));
      float[] difference = dense.forward(input).sub(cut.forward(input)).toFloatArray();
      return IntStream.range(0, difference.length).mapToDouble(i -> difference[i]).toArray();
    }
  }

  /** 1/N Σ a aᵀ over some of the columns (hidden units, 1). */
  private InputFactors.Block block(int[] columns) {
    float[] matrix = new float[columns.length * columns.length];
    for (int n = 0; n < EXAMPLES; n++) {
      double[] a = seen(n);
      for (int i = 0; i < columns.length; i++) {
        for (int j = 0; j < columns.length; j++) {
          matrix[i * columns.length + j] += (float) (a[columns[i]] * a[columns[j]] / EXAMPLES);
        }
      }
    }
    return InputFactors.Block.of(columns, matrix);
  }

  /** What the second layer sees of an example: relu(W1·x) and 1. */
  private double[] seen(int n) {
    double[] a = new double[HIDDEN + 1];
    for (int h = 0; h < HIDDEN; h++) {
      for (int i = 0; i < FEATURES; i++) {
        a[h] += w1[h * FEATURES + i] * x[n * FEATURES + i];
      }
      a[h] = Math.max(0, a[h]);
    }
    a[HIDDEN] = 1;
    return a;
  }

  private static double sumOfSquares(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return sum;
  }

  private Graph graph() {
    Map<String, Attribute> transposed = Map.of("transB", new Attribute.OfInt(1));
    return new Graph(
        "perceptron",
        List.of(
            new ValueInfo(
                "x", DataType.FLOAT, Shape.of(Shape.UNKNOWN, FEATURES), List.of("N", ""))),
        List.of(
            new ValueInfo("y", DataType.FLOAT, Shape.of(Shape.UNKNOWN, CLASSES), List.of("N", ""))),
        List.of(
            new Node("hidden", "", "Gemm", List.of("x", "w1"), List.of("h"), transposed),
            new Node("relu", "", "Relu", List.of("h"), List.of("r"), Map.of()),
            new Node("out", "", "Gemm", List.of("r", "w2", "b"), List.of("y"), transposed)),
        Map.of(
            "w1", Tensor.ofFloats(Shape.of(HIDDEN, FEATURES), w1),
            "w2", Tensor.ofFloats(Shape.of(CLASSES, HIDDEN), w2),
            "b", Tensor.ofFloats(Shape.of(CLASSES), bias)),
        Map.of("", 17L),
        8,
        "test",
        Map.of());
  }

  private float[] gaussian(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
