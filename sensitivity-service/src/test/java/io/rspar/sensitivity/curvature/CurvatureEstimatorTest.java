package io.rspar.sensitivity.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.events.CalibrationSettings;
import io.rspar.events.FisherKind;
import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.shape.Shapes;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.criterion.Subject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Factors of a linear classifier against its closed form: a = (x, 1), g = softmax(Wx + b) − y. */
class CurvatureEstimatorTest {
  private static final int CLASSES = 3;
  private static final int FEATURES = 4;
  private static final int HIDDEN = 5;
  private static final int EXAMPLES = 7;
  private static final Offset<Double> CLOSE = within(1e-5);

  @TempDir private Path folder;

  private final List<Curvature> open = new ArrayList<>();

  private final Random random = new Random(5);
  private final float[] weights = gaussian(CLASSES * FEATURES);
  private final float[] bias = gaussian(CLASSES);
  private final float[] inputToHidden = gaussian(HIDDEN * FEATURES);
  private final float[] hiddenToClass = gaussian(CLASSES * HIDDEN);
  private final float[] inputs = gaussian(EXAMPLES * FEATURES);
  private final long[] labels = {0, 1, 2, 0, 1, 2, 1};

  @AfterEach
  void close() {
    open.forEach(Curvature::close);
  }

  @Test
  void factorsAreTheMeansOfOuterProducts() {
    LayerFactors factors = estimate(inputs, EXAMPLES);
    double[] a = new double[25];
    double[] g = new double[9];
    for (int n = 0; n < EXAMPLES; n++) {
      addOuter(a, input(n), EXAMPLES);
      addOuter(g, gradient(n), EXAMPLES);
    }
    assertThat(a(factors)).containsExactly(a, CLOSE);
    assertThat(g(factors)).containsExactly(g, CLOSE);
    assertThat(factors.samples()).isEqualTo(EXAMPLES);
    assertThat(factors.positions()).isEqualTo(1);
  }

  @Test
  void batchesAddUpToTheWhole() {
    assertThat(a(estimate(inputs, 2))).containsExactly(a(estimate(inputs, 7)), CLOSE);
    assertThat(g(estimate(inputs, 2))).containsExactly(g(estimate(inputs, 7)), CLOSE);
  }

  /** The usual bug is an accumulator that keeps the last example only. */
  @Test
  void theFirstExampleCounts() {
    float[] changed = inputs.clone();
    changed[0] += 3;
    assertThat(a(estimate(changed, 3))[0]).isNotCloseTo(a(estimate(inputs, 3))[0], within(0.1));
  }

  @Test
  void dampingAddsAShareOfTheMeanDiagonal() {
    LayerFactors factors = estimate(inputs, EXAMPLES);
    double[] before = g(factors);
    double trace = 0;
    for (int i = 0; i < CLASSES; i++) {
      trace += before[i * CLASSES + i];
    }
    factors.damp(0.1);
    assertThat(g(factors)[0] - before[0]).isCloseTo(0.1 * trace / CLASSES, CLOSE);
    assertThat(g(factors)[1]).isEqualTo(before[1]);
  }

  /** The derivative of a gate is what the gate lets through times its gradient, per example. */
  @Test
  void secondOrderIsHalfTheMeanSquareOfTheDerivativesOfGates() {
    double[] expected = new double[HIDDEN];
    for (int n = 0; n < EXAMPLES; n++) {
      for (int h = 0; h < HIDDEN; h++) {
        expected[h] += gateDerivative(n, h) * gateDerivative(n, h) / (2 * EXAMPLES);
      }
    }
    assertThat(curvature(withHiddenLayer(), inputs, 3).directions().moments().secondOrder()[0])
        .containsExactly(expected, CLOSE);
  }

  @Test
  void aHeldOutPassAddsTheFirstOrderOfTheDataOwnLabels() {
    Graph graph = withHiddenLayer();
    GateMoments moments =
        HeldOutPass.over(
                subject(graph, inputs, 3, FisherKind.TRUE),
                layers(graph),
                examples(inputs),
                (share, detail) -> {})
            .moments();
    double[] expected = moments.secondOrder()[0];
    for (int n = 0; n < EXAMPLES; n++) {
      for (int h = 0; h < HIDDEN; h++) {
        expected[h] -= moments.shrinkage() * gateDerivative(n, h) / EXAMPLES;
      }
    }
    assertThat(moments.samples()).isEqualTo(EXAMPLES);
    assertThat(moments.shrinkage()).isPositive();
    assertThat(moments.expansion()[0]).containsExactly(expected, CLOSE);
  }

  private double gateDerivative(int n, int h) {
    double[] hidden = hidden(n);
    double[] g = gradientBehind(hidden, n);
    double derivative = 0;
    for (int c = 0; c < CLASSES; c++) {
      derivative += hidden[h] * hiddenToClass[c * HIDDEN + h] * g[c];
    }
    return derivative;
  }

  private static double[] a(LayerFactors factors) {
    return factors.a().get(0).matrix().toDoubleArray();
  }

  private static double[] g(LayerFactors factors) {
    return factors.g(0).toDoubleArray();
  }

  private double[] hidden(int n) {
    double[] hidden = new double[HIDDEN];
    for (int h = 0; h < HIDDEN; h++) {
      for (int i = 0; i < FEATURES; i++) {
        hidden[h] += inputToHidden[h * FEATURES + i] * inputs[n * FEATURES + i];
      }
      hidden[h] = Math.max(0, hidden[h]);
    }
    return hidden;
  }

  private LayerFactors estimate(float[] x, int batchSize) {
    return curvature(classifier(), x, batchSize).factors().get("classifier");
  }

  private Curvature curvature(Graph graph, float[] x, int batchSize) {
    CurvatureSums sums =
        new CurvatureSums(
            subject(graph, x, batchSize, FisherKind.EMPIRICAL), layers(graph), new Ledger());
    sums.observe(ExampleRange.first(EXAMPLES), (share, detail) -> {});
    Curvature curvature = sums.curvature();
    open.add(curvature);
    return curvature;
  }

  private Subject subject(Graph graph, float[] x, int batchSize, FisherKind fisher) {
    CalibrationSettings settings =
        CalibrationSettings.newBuilder()
            .setSamples(EXAMPLES)
            .setBatchSize(batchSize)
            .setFisher(fisher)
            .build();
    return new Subject(
        graph, DependencyGraph.of(graph), examples(x), Optional.empty(), settings, 1);
  }

  private static Map<String, WeightedLayer> layers(Graph graph) {
    Map<String, WeightedLayer> layers = new LinkedHashMap<>();
    Shapes shapes = Shapes.infer(graph);
    graph
        .nodes()
        .forEach(
            node ->
                WeightedLayer.of(shapes, node).ifPresent(layer -> layers.put(node.name(), layer)));
    return layers;
  }

  private Dataset examples(float[] x) {
    StringBuilder csv = new StringBuilder();
    for (int n = 0; n < EXAMPLES; n++) {
      for (int i = 0; i < FEATURES; i++) {
        csv.append(x[n * FEATURES + i]).append(',');
      }
      csv.append(labels[n]).append('\n');
    }
    Path file = folder.resolve("examples.csv");
    try {
      Files.writeString(file, csv);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Dataset.read(
        DataDescription.of(Format.CSV).withNormalization(1, List.of(), List.of()),
        List.of(file),
        Slice.all());
  }

  private Graph withHiddenLayer() {
    return graph(
        List.of(
            gemm("hidden", List.of("x", "w1"), "h"),
            new Node("relu", "", "Relu", List.of("h"), List.of("r"), Map.of()),
            gemm("classifier", List.of("r", "w2"), "y")),
        Map.of(
            "w1", Tensor.ofFloats(Shape.of(HIDDEN, FEATURES), inputToHidden),
            "w2", Tensor.ofFloats(Shape.of(CLASSES, HIDDEN), hiddenToClass)));
  }

  private static Node gemm(String name, List<String> inputs, String output) {
    return new Node(
        name, "", "Gemm", inputs, List.of(output), Map.of("transB", new Attribute.OfInt(1)));
  }

  private static Graph graph(List<Node> nodes, Map<String, Tensor> weights) {
    return new Graph(
        "linear",
        List.of(
            new ValueInfo(
                "x", DataType.FLOAT, Shape.of(Shape.UNKNOWN, FEATURES), List.of("N", ""))),
        List.of(
            new ValueInfo("y", DataType.FLOAT, Shape.of(Shape.UNKNOWN, CLASSES), List.of("N", ""))),
        nodes,
        weights,
        Map.of("", 17L),
        8,
        "test",
        Map.of());
  }

  private Graph classifier() {
    return graph(
        List.of(gemm("classifier", List.of("x", "w", "b"), "y")),
        Map.of(
            "w", Tensor.ofFloats(Shape.of(CLASSES, FEATURES), weights),
            "b", Tensor.ofFloats(Shape.of(CLASSES), bias)));
  }

  private double[] input(int n) {
    double[] a = new double[FEATURES + 1];
    for (int i = 0; i < FEATURES; i++) {
      a[i] = inputs[n * FEATURES + i];
    }
    a[FEATURES] = 1;
    return a;
  }

  /** softmax(logits) − one-hot label of the linear classifier. */
  private double[] gradient(int n) {
    double[] logits = new double[CLASSES];
    for (int c = 0; c < CLASSES; c++) {
      logits[c] = bias[c];
      for (int i = 0; i < FEATURES; i++) {
        logits[c] += weights[c * FEATURES + i] * inputs[n * FEATURES + i];
      }
    }
    return gradient(logits, n);
  }

  private double[] gradientBehind(double[] hidden, int n) {
    double[] logits = new double[CLASSES];
    for (int c = 0; c < CLASSES; c++) {
      for (int h = 0; h < HIDDEN; h++) {
        logits[c] += hiddenToClass[c * HIDDEN + h] * hidden[h];
      }
    }
    return gradient(logits, n);
  }

  private double[] gradient(double[] logits, int n) {
    double sum = Arrays.stream(logits).map(Math::exp).sum();
    double[] gradient = new double[CLASSES];
    for (int c = 0; c < CLASSES; c++) {
      gradient[c] = Math.exp(logits[c]) / sum - (labels[n] == c ? 1 : 0);
    }
    return gradient;
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
