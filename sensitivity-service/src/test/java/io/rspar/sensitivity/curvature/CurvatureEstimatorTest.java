package io.rspar.sensitivity.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.shape.Shapes;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.layer.WeightedLayer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Factors of a linear classifier against its closed form: a = (x, 1), g = softmax(Wx + b) − y. */
class CurvatureEstimatorTest {
  private static final int CLASSES = 3;
  private static final int FEATURES = 4;
  private static final int EXAMPLES = 7;
  private static final Offset<Double> CLOSE = within(1e-5);

  private final Random random = new Random(5);
  private final float[] weights = gaussian(CLASSES * FEATURES);
  private final float[] bias = gaussian(CLASSES);
  private final float[] inputs = gaussian(EXAMPLES * FEATURES);
  private final long[] labels = {0, 1, 2, 0, 1, 2, 1};

  @Test
  void factorsAreTheMeansOfOuterProducts() {
    LayerFactors factors = estimate(inputs, EXAMPLES);
    double[] a = new double[25];
    double[] g = new double[9];
    for (int n = 0; n < EXAMPLES; n++) {
      addOuter(a, input(n), EXAMPLES);
      addOuter(g, gradient(n), EXAMPLES);
    }
    assertThat(factors.a()[0]).containsExactly(a, CLOSE);
    assertThat(factors.g()[0]).containsExactly(g, CLOSE);
    assertThat(factors.samples()).isEqualTo(EXAMPLES);
    assertThat(factors.positions()).isEqualTo(1);
  }

  @Test
  void batchesAddUpToTheWhole() {
    assertThat(estimate(inputs, 2).a()[0]).containsExactly(estimate(inputs, 7).a()[0], CLOSE);
    assertThat(estimate(inputs, 2).g()[0]).containsExactly(estimate(inputs, 7).g()[0], CLOSE);
  }

  /** The usual bug is an accumulator that keeps the last example only. */
  @Test
  void theFirstExampleCounts() {
    float[] changed = inputs.clone();
    changed[0] += 3;
    assertThat(estimate(changed, 3).a()[0][0])
        .isNotCloseTo(estimate(inputs, 3).a()[0][0], within(0.1));
  }

  @Test
  void dampingAddsAShareOfTheMeanDiagonal() {
    LayerFactors factors = estimate(inputs, EXAMPLES);
    double trace = 0;
    for (int i = 0; i < CLASSES; i++) {
      trace += factors.g()[0][i * CLASSES + i];
    }
    LayerFactors damped = factors.damped(0.1);
    assertThat(damped.g()[0][0] - factors.g()[0][0]).isCloseTo(0.1 * trace / CLASSES, CLOSE);
    assertThat(damped.g()[0][1]).isEqualTo(factors.g()[0][1]);
  }

  private LayerFactors estimate(float[] x, int batchSize) {
    Graph graph = classifier();
    WeightedLayer layer = WeightedLayer.of(Shapes.infer(graph), graph.nodes().get(0)).orElseThrow();
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(graph)) {
      CurvatureEstimator estimator = new CurvatureEstimator(manager, List.of(layer));
      for (int from = 0; from < EXAMPLES; from += batchSize) {
        int to = Math.min(EXAMPLES, from + batchSize);
        try (Batch batch =
            new Batch(
                manager.create(
                    Arrays.copyOfRange(x, from * FEATURES, to * FEATURES),
                    new ai.djl.ndarray.types.Shape(to - from, FEATURES)),
                manager.create(Arrays.copyOfRange(labels, from, to)))) {
          network.observe(batch, LabelSampler.fromData(), estimator.nodes(), estimator);
        }
      }
      return estimator.factors().get("classifier");
    }
  }

  private Graph classifier() {
    return new Graph(
        "linear",
        List.of(
            new ValueInfo(
                "x", DataType.FLOAT, Shape.of(Shape.UNKNOWN, FEATURES), List.of("N", ""))),
        List.of(
            new ValueInfo("y", DataType.FLOAT, Shape.of(Shape.UNKNOWN, CLASSES), List.of("N", ""))),
        List.of(
            new Node(
                "classifier",
                "",
                "Gemm",
                List.of("x", "w", "b"),
                List.of("y"),
                Map.of("transB", new Attribute.OfInt(1)))),
        Map.of(
            "w", Tensor.ofFloats(Shape.of(CLASSES, FEATURES), weights),
            "b", Tensor.ofFloats(Shape.of(CLASSES), bias)),
        Map.of("", 17L),
        8,
        "test",
        Map.of());
  }

  private double[] input(int n) {
    double[] a = new double[FEATURES + 1];
    for (int i = 0; i < FEATURES; i++) {
      a[i] = inputs[n * FEATURES + i];
    }
    a[FEATURES] = 1;
    return a;
  }

  private double[] gradient(int n) {
    double[] exponentials = new double[CLASSES];
    double sum = 0;
    for (int c = 0; c < CLASSES; c++) {
      double logit = bias[c];
      for (int i = 0; i < FEATURES; i++) {
        logit += weights[c * FEATURES + i] * inputs[n * FEATURES + i];
      }
      exponentials[c] = Math.exp(logit);
      sum += exponentials[c];
    }
    for (int c = 0; c < CLASSES; c++) {
      exponentials[c] = exponentials[c] / sum - (labels[n] == c ? 1 : 0);
    }
    return exponentials;
  }

  private static void addOuter(double[] sum, double[] v, int count) {
    for (int i = 0; i < v.length; i++) {
      for (int j = 0; j < v.length; j++) {
        sum[i * v.length + j] += v[i] * v[j] / count;
      }
    }
  }

  private float[] gaussian(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
