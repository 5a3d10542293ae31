package io.rspar.sensitivity.criterion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.events.FisherKind;
import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Criteria on a network of two layers, y = W₂·relu(W₁·x), against their definitions. */
class CriteriaTest {
  private static final int FEATURES = 4;
  private static final int HIDDEN = 5;
  private static final int CLASSES = 3;
  private static final int EXAMPLES = 7;
  private static final Offset<Double> CLOSE = within(1e-5);

  @TempDir private Path folder;

  private final Random random = new Random(8);
  private final float[] w1 = gaussian(HIDDEN * FEATURES);
  private final float[] w2 = gaussian(CLASSES * HIDDEN);
  private final float[] inputs = gaussian(EXAMPLES * FEATURES);

  @Test
  void diagonalFisherSquaresEveryExamplesGradient() throws IOException {
    double[] expected = new double[HIDDEN];
    for (int n = 0; n < EXAMPLES; n++) {
      for (int h = 0; h < HIDDEN; h++) {
        for (int i = 0; i < FEATURES; i++) {
          expected[h] += square(w1[h * FEATURES + i] * rowGradient(n, h, i)) / (2.0 * EXAMPLES);
        }
        for (int c = 0; c < CLASSES; c++) {
          expected[h] += square(w2[c * HIDDEN + h] * columnGradient(n, c, h)) / (2.0 * EXAMPLES);
        }
      }
    }
    assertThat(scores(Criterion.DIAGONAL_FISHER)).containsExactly(expected, CLOSE);
  }

  @Test
  void taylorIsTheMagnitudeOfWeightTimesMeanGradientOverRowsAndColumns() throws IOException {
    double[] expected = new double[HIDDEN];
    for (int h = 0; h < HIDDEN; h++) {
      double row = 0;
      double column = 0;
      for (int n = 0; n < EXAMPLES; n++) {
        for (int i = 0; i < FEATURES; i++) {
          row += w1[h * FEATURES + i] * rowGradient(n, h, i) / EXAMPLES;
        }
        for (int c = 0; c < CLASSES; c++) {
          column += w2[c * HIDDEN + h] * columnGradient(n, c, h) / EXAMPLES;
        }
      }
      expected[h] = (Math.abs(row) + Math.abs(column)) / 2;
    }
    assertThat(scores(Criterion.TAYLOR)).containsExactly(expected, CLOSE);
  }

  @Test
  void activationIsTheMeanOfWhatTheConsumerReads() throws IOException {
    double[] expected = new double[HIDDEN];
    for (int n = 0; n < EXAMPLES; n++) {
      for (int h = 0; h < HIDDEN; h++) {
        expected[h] += hidden(n)[h] / EXAMPLES;
      }
    }
    assertThat(scores(Criterion.ACTIVATION)).containsExactly(expected, CLOSE);
  }

  /** The usual bug is an accumulator that keeps the last batch only. */
  @Test
  void theFirstExampleCounts() throws IOException {
    for (Criterion criterion :
        List.of(Criterion.DIAGONAL_FISHER, Criterion.TAYLOR, Criterion.ACTIVATION)) {
      double[] before = scores(criterion);
      float kept = inputs[0];
      inputs[0] += 3;
      assertThat(scores(criterion)).as(criterion.name()).isNotEqualTo(before);
      inputs[0] = kept;
    }
  }

  /** A group without the thing that a criterion looks at must not be the first to go. */
  @Test
  void aGroupWithoutNormalisationIsNamed() throws IOException {
    assertThat(report(Criterion.BN_SCALE).warnings()).singleElement().asString().contains("first");
  }

  private double[] scores(Criterion criterion) throws IOException {
    return report(criterion).groups().get(0).scores();
  }

  private SensitivityReport report(Criterion criterion) throws IOException {
    StringBuilder csv = new StringBuilder();
    for (int n = 0; n < EXAMPLES; n++) {
      for (int i = 0; i < FEATURES; i++) {
        csv.append(inputs[n * FEATURES + i]).append(',');
      }
      csv.append(label(n)).append('\n');
    }
    Path file = folder.resolve("examples.csv");
    Files.writeString(file, csv);
    Dataset examples =
        Dataset.read(
            DataDescription.of(Format.CSV).withNormalization(1, List.of(), List.of()),
            List.of(file),
            Slice.all());
    CalibrationSettings settings =
        CalibrationSettings.newBuilder()
            .setSamples(EXAMPLES)
            .setBatchSize(3)
            .setFisher(FisherKind.EMPIRICAL)
            .build();
    Graph graph = network();
    return Criteria.of(criterion)
        .measure(
            new Subject(graph, DependencyGraph.of(graph), examples, Optional.empty(), settings, 1),
            (share, detail) -> {});
  }

  private static int label(int n) {
    return n % CLASSES;
  }

  private double[] hidden(int n) {
    double[] hidden = new double[HIDDEN];
    for (int h = 0; h < HIDDEN; h++) {
      for (int i = 0; i < FEATURES; i++) {
        hidden[h] += w1[h * FEATURES + i] * inputs[n * FEATURES + i];
      }
      hidden[h] = Math.max(0, hidden[h]);
    }
    return hidden;
  }

  /** softmax(logits) − one-hot label. */
  private double[] logitGradient(int n) {
    double[] hidden = hidden(n);
    double[] gradient = new double[CLASSES];
    double sum = 0;
    for (int c = 0; c < CLASSES; c++) {
      double logit = 0;
      for (int h = 0; h < HIDDEN; h++) {
        logit += w2[c * HIDDEN + h] * hidden[h];
      }
      gradient[c] = Math.exp(logit);
      sum += gradient[c];
    }
    for (int c = 0; c < CLASSES; c++) {
      gradient[c] = gradient[c] / sum - (label(n) == c ? 1 : 0);
    }
    return gradient;
  }

  private double columnGradient(int n, int c, int h) {
    return logitGradient(n)[c] * hidden(n)[h];
  }

  private double rowGradient(int n, int h, int i) {
    if (hidden(n)[h] == 0) {
      return 0;
    }
    double back = 0;
    for (int c = 0; c < CLASSES; c++) {
      back += w2[c * HIDDEN + h] * logitGradient(n)[c];
    }
    return back * inputs[n * FEATURES + i];
  }

  private static double square(double x) {
    return x * x;
  }

  private Graph network() {
    return new Graph(
        "two layers",
        List.of(
            new ValueInfo(
                "x", DataType.FLOAT, Shape.of(Shape.UNKNOWN, FEATURES), List.of("N", ""))),
        List.of(
            new ValueInfo("y", DataType.FLOAT, Shape.of(Shape.UNKNOWN, CLASSES), List.of("N", ""))),
        List.of(
            gemm("first", List.of("x", "w1"), "h"),
            new Node("relu", "", "Relu", List.of("h"), List.of("r"), Map.of()),
            gemm("second", List.of("r", "w2"), "y")),
        Map.of(
            "w1", Tensor.ofFloats(Shape.of(HIDDEN, FEATURES), w1),
            "w2", Tensor.ofFloats(Shape.of(CLASSES, HIDDEN), w2)),
        Map.of("", 17L),
        8,
        "test",
        Map.of());
  }

  private static Node gemm(String name, List<String> inputs, String output) {
    return new Node(
        name, "", "Gemm", inputs, List.of(output), Map.of("transB", new Attribute.OfInt(1)));
  }

  private float[] gaussian(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
