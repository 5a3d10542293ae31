package io.rspar.sensitivity.criterion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.events.FisherKind;
import io.rspar.graph.Attribute;
import io.rspar.graph.Graph;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Channels behind a normalisation, against γ and β's gradients of every example by itself. A
 * product scaled by half has no factors, so that its channels have no consumer that a criterion
 * knows.
 */
class NormalizationCostsTest {
  private static final int CHANNELS = 5;
  private static final int CLASSES = 3;
  private static final int EXAMPLES = 9;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(
      value = Criterion.class,
      names = {"H_OBS", "KFAC_OBD"})
  void aBatchNormWithoutKnownConsumerIsScoredByItsDiagonal(Criterion criterion) throws IOException {
    Graph graph = convolution(0.5f);
    Dataset examples = examples(1, 4, 4);
    SensitivityReport report = report(criterion, graph, examples);
    assertThat(report.warnings()).noneMatch(w -> w.contains("scores are zero"));
    assertThat(report.groups().get(0).scores())
        .containsExactly(bruteForce(graph, examples, "norm.weight", "norm.bias"), within(1e-6));
  }

  @ParameterizedTest
  @EnumSource(
      value = Criterion.class,
      names = {"H_OBS", "KFAC_OBD"})
  void aLayerNormWithoutKnownConsumerIsScoredByItsDiagonal(Criterion criterion) throws IOException {
    GraphBuilder b = new GraphBuilder(6);
    String x = b.linear("first", b.input("x", -1, 7), 7, CHANNELS);
    b.weight("norm.weight", CHANNELS);
    b.weight("norm.bias", CHANNELS);
    x = b.node("LayerNormalization", "norm", x, "norm.weight", "norm.bias");
    Graph graph = classifier(b, b.relu("relu", x), 0.5f);
    Dataset examples = examples(7);
    assertThat(report(criterion, graph, examples).groups().get(0).scores())
        .containsExactly(bruteForce(graph, examples, "norm.weight", "norm.bias"), within(1e-6));
  }

  /** What the consumer reads behind a ReLU says the same as γ and β before it. */
  @Test
  void theExactDirectionAtAConsumerContainsTheNormalisation() throws IOException {
    Graph graph = convolution(1);
    Dataset examples = examples(1, 4, 4);
    double[] diagonal = bruteForce(graph, examples, "norm.weight", "norm.bias");
    assertThat(report(Criterion.H_OBS, graph, examples).groups().get(0).scores())
        .containsExactly(diagonal, within(1e-6));
    assertThat(report(Criterion.KFAC_OBD, graph, examples).groups().get(0).scores())
        .as("K-FAC's own columns")
        .isNotEqualTo(diagonal);
  }

  /** Convolution, BatchNorm, ReLU, mean of all positions, classifier. */
  private static Graph convolution(float alpha) {
    GraphBuilder b = new GraphBuilder(6);
    String x = b.conv("first", b.input("x", -1, 1, 4, 4), 1, CHANNELS, 3, 1);
    x = b.relu("relu", b.batchNorm("norm", x, CHANNELS));
    x = b.node("Flatten", "flat", b.node("GlobalAveragePool", "pool", x));
    return classifier(b, x, alpha);
  }

  private static Graph classifier(GraphBuilder b, String x, float alpha) {
    b.weight("last.weight", CLASSES, CHANNELS);
    b.weight("last.bias", CLASSES);
    Map<String, Attribute> attributes =
        Map.of("transB", new Attribute.OfInt(1), "alpha", new Attribute.OfFloat(alpha));
    String y = b.node("Gemm", "last", attributes, x, "last.weight", "last.bias");
    return b.output(y, -1, CLASSES).build();
  }

  /** ½·E_n[(γ·∂L_n/∂γ + β·∂L_n/∂β)²] per channel. */
  private static double[] bruteForce(Graph graph, Dataset examples, String scale, String shift) {
    double[] costs = new double[CHANNELS];
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(graph)) {
      float[] gamma = network.parameters().get(scale).toFloatArray();
      float[] beta = network.parameters().get(shift).toFloatArray();
      for (int n = 0; n < examples.size(); n++) {
        try (Batch one = examples.batch(manager, new int[] {n})) {
          Map<String, NDArray> gradients = network.parameterGradients(one, LabelSampler.fromData());
          float[] byGamma = gradients.get(scale).toFloatArray();
          float[] byBeta = gradients.get(shift).toFloatArray();
          gradients.values().forEach(NDArray::close);
          for (int c = 0; c < CHANNELS; c++) {
            double derivative = gamma[c] * byGamma[c] + beta[c] * byBeta[c];
            costs[c] += derivative * derivative / (2 * examples.size());
          }
        }
      }
    }
    assertThat(Arrays.stream(costs).max().orElse(0)).as("channels matter").isGreaterThan(1e-3);
    return costs;
  }

  private static SensitivityReport report(Criterion criterion, Graph graph, Dataset examples) {
    CalibrationSettings settings =
        CalibrationSettings.newBuilder()
            .setSamples(EXAMPLES)
            .setBatchSize(4)
            .setFisher(FisherKind.EMPIRICAL)
            .setAnchorSamples(0)
            .build();
    return Criteria.of(criterion)
        .measure(
            new Subject(graph, DependencyGraph.of(graph), examples, Optional.empty(), settings, 1),
            (share, detail) -> {});
  }

  private Dataset examples(Integer... shape) throws IOException {
    SplittableRandom random = new SplittableRandom(9);
    int elements = 1;
    for (int extent : shape) {
      elements *= extent;
    }
    StringBuilder csv = new StringBuilder();
    for (int n = 0; n < EXAMPLES; n++) {
      for (int i = 0; i < elements; i++) {
        csv.append(random.nextGaussian()).append(',');
      }
      csv.append(n % CLASSES).append('\n');
    }
    Path file = Files.writeString(folder.resolve("examples.csv"), csv);
    return Dataset.read(
        DataDescription.of(Format.CSV)
            .withNormalization(1, List.of(), List.of())
            .withExampleShape(shape),
        List.of(file),
        Slice.all());
  }
}
