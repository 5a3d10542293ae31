package io.rspar.sensitivity.obs;

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
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import io.rspar.sensitivity.criterion.ChannelCriterion;
import io.rspar.sensitivity.criterion.Subject;
import io.rspar.sensitivity.curvature.FactorSink;
import io.rspar.sensitivity.curvature.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole analysis of a perceptron with two hidden layers. */
class HobsTest {
  private static final int FEATURES = 4;
  private static final int HIDDEN = 10;
  private static final int CLASSES = 3;

  @TempDir private Path folder;

  private final Random random = new Random(2);
  private final Graph graph = perceptron();

  @Test
  void aFactorAboveTheLimitIsBlockDiagonalAndTheReportSaysSo() throws IOException {
    Dataset examples = examples(200, 1);
    SensitivityReport whole = measure(examples, 8192);
    SensitivityReport blocks = measure(examples, 4);
    assertThat(whole.warnings()).noneMatch(w -> w.contains("block-diagonal"));
    assertThat(blocks.warnings())
        .anyMatch(
            w -> w.matches("The input factor of second, of 1[01] columns, is block-.*[0-9] %.*"));
    // Scores do not rest on the factors; costs of cuts with less to take over do not fall.
    assertThat(blocks.groups().get(0).scores())
        .containsExactly(whole.groups().get(0).scores(), within(1e-9));
    assertThat(blocks.groups().get(0).curve()).isSorted();
    assertThat(blocks.groups().get(0).curve()[HIDDEN / 2])
        .isGreaterThan(whole.groups().get(0).curve()[HIDDEN / 2]);
  }

  /** Every example twice in a row: both halves are the same examples. */
  @Test
  void equalHalvesAgreePerfectly() throws IOException {
    assertThat(measure(examples(50, 2), 8192).agreement()).isCloseTo(1, within(1e-9));
    assertThat(measure(examples(50, 1), 8192).agreement()).isLessThan(0.9999).isGreaterThan(0);
  }

  @Test
  void halvesThatDisagreeAreWarnedOf() throws IOException {
    // What excites a unit in one half does not in the other.
    StringBuilder contrary = new StringBuilder();
    for (int n = 0; n < 40; n++) {
      contrary.append(n % 2 == 0 ? "3,0,0,0," : "-3,0,0,0,").append(n % CLASSES).append('\n');
    }
    assertThat(measure(read("contrary.csv", contrary), 8192).warnings())
        .anyMatch(w -> w.contains("calibration.samples"));
    assertThat(measure(examples(50, 2), 8192).warnings())
        .noneMatch(w -> w.contains("calibration.samples"));
  }

  @Test
  void heldOutExamplesGiveTheScoresAndCalibrationTheOrder() throws IOException {
    Dataset calibration = examples(200, 1);
    StringBuilder others = new StringBuilder();
    Random values = new Random(8);
    for (int n = 0; n < 300; n++) {
      for (int i = 0; i < FEATURES; i++) {
        others.append(values.nextGaussian()).append(',');
      }
      others.append(0).append('\n');
    }
    Dataset heldOut = read("held-out.csv", others);
    SensitivityReport without = measure(calibration, 8192);
    SensitivityReport unasked = measure(subject(calibration, Optional.of(heldOut), 0));
    SensitivityReport with = measure(subject(calibration, Optional.of(heldOut), 300));
    for (int g = 0; g < without.groups().size(); g++) {
      assertThat(unasked.groups().get(g).scores()).isEqualTo(without.groups().get(g).scores());
      assertThat(with.groups().get(g).scores()).isNotEqualTo(without.groups().get(g).scores());
      assertThat(with.groups().get(g).removalOrder())
          .isEqualTo(without.groups().get(g).removalOrder());
      assertThat(with.groups().get(g).curve()).isEqualTo(without.groups().get(g).curve());
    }
    // One class of labels alone: some units speak against it, and their removal is a gain.
    assertThat(
            with.groups().stream()
                .flatMapToDouble(group -> Arrays.stream(group.scores()))
                .min()
                .orElseThrow())
        .isNegative();
  }

  @Test
  void everyGroupIsAStepOfItsOwn() throws IOException {
    List<String> steps = new ArrayList<>();
    new Hobs(new Ledger(), FactorSink.NONE)
        .measure(
            subject(examples(20, 1), 8192),
            new ChannelCriterion.Progress() {
              @Override
              public void report(double share, String detail) {}

              @Override
              public void layer(double share, String detail) {
                steps.add(detail);
              }
            });
    assertThat(steps).hasSize(2).allMatch(step -> step.matches("error curve of .* of 2\\)"));
  }

  private SensitivityReport measure(Dataset examples, int limit) {
    return measure(subject(examples, limit));
  }

  private SensitivityReport measure(Subject subject) {
    return new Hobs(new Ledger(), FactorSink.NONE).measure(subject, (share, detail) -> {});
  }

  private Subject subject(Dataset examples, int limit) {
    return subject(examples, Optional.empty(), settings(examples).setFactorLimit(limit));
  }

  private Subject subject(Dataset examples, Optional<Dataset> heldOut, int expansionSamples) {
    return subject(examples, heldOut, settings(examples).setExpansionSamples(expansionSamples));
  }

  private Subject subject(
      Dataset examples, Optional<Dataset> heldOut, CalibrationSettings.Builder settings) {
    return new Subject(graph, DependencyGraph.of(graph), examples, heldOut, settings.build(), 1);
  }

  private static CalibrationSettings.Builder settings(Dataset examples) {
    return CalibrationSettings.newBuilder()
        .setSamples(examples.size())
        .setBatchSize(16)
        .setFisher(FisherKind.EMPIRICAL)
        .setAnchorSamples(0);
  }

  private Dataset examples(int count, int times) throws IOException {
    Random values = new Random(7);
    StringBuilder csv = new StringBuilder();
    for (int n = 0; n < count; n++) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < FEATURES; i++) {
        line.append(values.nextGaussian()).append(',');
      }
      line.append(values.nextInt(CLASSES)).append('\n');
      csv.append(line.toString().repeat(times));
    }
    return read(count + "x" + times + ".csv", csv);
  }

  private Dataset read(String name, CharSequence csv) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, csv);
    return Dataset.read(
        DataDescription.of(Format.CSV).withNormalization(1, List.of(), List.of()),
        List.of(file),
        Slice.all());
  }

  private Graph perceptron() {
    Map<String, Attribute> transposed = Map.of("transB", new Attribute.OfInt(1));
    return new Graph(
        "perceptron",
        List.of(
            new ValueInfo(
                "x", DataType.FLOAT, Shape.of(Shape.UNKNOWN, FEATURES), List.of("N", ""))),
        List.of(
            new ValueInfo("y", DataType.FLOAT, Shape.of(Shape.UNKNOWN, CLASSES), List.of("N", ""))),
        List.of(
            new Node("first", "", "Gemm", List.of("x", "w1", "b1"), List.of("a"), transposed),
            new Node("relu1", "", "Relu", List.of("a"), List.of("b"), Map.of()),
            new Node("second", "", "Gemm", List.of("b", "w2", "b2"), List.of("c"), transposed),
            new Node("relu2", "", "Relu", List.of("c"), List.of("d"), Map.of()),
            new Node("third", "", "Gemm", List.of("d", "w3", "b3"), List.of("y"), transposed)),
        Map.of(
            "w1", gaussian(HIDDEN, FEATURES),
            "b1", gaussian(HIDDEN),
            "w2", gaussian(HIDDEN, HIDDEN),
            "b2", gaussian(HIDDEN),
            "w3", gaussian(CLASSES, HIDDEN),
            "b3", gaussian(CLASSES)),
        Map.of("", 17L),
        8,
        "test",
        Map.of());
  }

  private Tensor gaussian(long... extents) {
    float[] values = new float[(int) Arrays.stream(extents).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = 0.7f * (float) random.nextGaussian();
    }
    return Tensor.ofFloats(Shape.of(extents), values);
  }
}
