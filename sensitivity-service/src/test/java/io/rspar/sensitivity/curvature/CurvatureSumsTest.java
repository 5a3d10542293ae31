package io.rspar.sensitivity.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.events.FailureReason;
import io.rspar.graph.Graph;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.kit.failure.WorkException;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import io.rspar.sensitivity.criterion.ChannelCriterion;
import io.rspar.sensitivity.criterion.Criteria;
import io.rspar.sensitivity.criterion.CurvatureCriterion;
import io.rspar.sensitivity.criterion.Subject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Curvature in shards, of a network with everything that the sums have to do with: convolutions
 * that show a moving lattice of their positions, a depthwise one, a residual stream, intercepts, a
 * factor above the limit, labels drawn from the model.
 */
class CurvatureSumsTest {
  private static final int EXTENT = 8;
  private static final int CLASSES = 3;
  private static final int SAMPLES = 26;
  private static final int BATCH = 4;
  private static final String SUBJECT = "a model and data";
  private static final ChannelCriterion.Progress QUIET = (share, detail) -> {};

  @TempDir private Path folder;
  private Subject subject;

  @BeforeEach
  void describe() throws IOException {
    Graph graph = network();
    CalibrationSettings settings =
        CalibrationSettings.newBuilder()
            .setSamples(SAMPLES)
            .setBatchSize(BATCH)
            .setAnchorSamples(20)
            .setFactorLimit(60)
            .build();
    subject =
        new Subject(
            graph,
            DependencyGraph.of(graph),
            examples("calibration", 30, 1),
            Optional.of(examples("validation", 20, 2)),
            settings,
            5);
  }

  @ParameterizedTest
  @CsvSource({"H_OBS, 1", "H_OBS, 2", "H_OBS, 3", "KFAC_OBD, 2", "KFAC_OBD, 7"})
  void shardsHaveTheFactorsScoresAndCurvesOfTheWhole(Criterion name, int shards)
      throws IOException {
    List<Path> files = files(name, shards);
    Map<String, double[]> expected = new HashMap<>();
    try (CurvatureSums sums = criterion(name).sums(subject)) {
      sums.observe(ExampleRange.first(SAMPLES), QUIET);
      expected.putAll(numbers(sums.curvature()));
    }
    try (CurvatureSums sums = added(name, files)) {
      Map<String, double[]> actual = numbers(sums.curvature());
      assertThat(actual.keySet()).isEqualTo(expected.keySet());
      expected.forEach((what, numbers) -> assertEqual(what, actual.get(what), numbers, 1e-10));
    }
    SensitivityReport whole = criterion(name).measure(subject, QUIET);
    SensitivityReport merged;
    try (CurvatureSums sums = added(name, files)) {
      merged = criterion(name).measure(subject, sums, QUIET);
    }
    assertThat(merged.samples()).isEqualTo(SAMPLES);
    assertThat(merged.agreement()).isEqualTo(whole.agreement());
    assertThat(merged.warnings()).isEqualTo(whole.warnings()).isNotEmpty();
    for (int g = 0; g < whole.groups().size(); g++) {
      GroupSensitivity a = merged.groups().get(g);
      GroupSensitivity b = whole.groups().get(g);
      assertEqual(b.group() + " scores", a.scores(), b.scores(), 1e-8);
      assertEqual(b.group() + " curve", a.curve(), b.curve(), 1e-6);
      assertThat(a.removalOrder()).as(b.group()).containsExactly(b.removalOrder());
    }
  }

  @Test
  void onlyTheSumsOfTheRightExamplesOfTheRightThingAreAdded() throws IOException {
    List<Path> files = files(Criterion.H_OBS, 3);
    assertUnusable(files.get(1), range(0, 3), SUBJECT, "first example is 8, not 0");
    assertUnusable(files.get(0), range(0, 2), SUBJECT, "end of the examples is 8, not 12");
    assertUnusable(files.get(0), range(0, 3), "another model", "'a model and data'");
    assertUnusable(files(Criterion.KFAC_OBD, 3).get(0), range(0, 3), SUBJECT, "layers");
    byte[] good = Files.readAllBytes(files.get(0));
    Path longer = folder.resolve("longer");
    Files.write(longer, good);
    Files.write(longer, new byte[1], StandardOpenOption.APPEND);
    assertUnusable(longer, range(0, 3), SUBJECT, "more follows");
    Path foreign = Files.write(folder.resolve("foreign"), new byte[100]);
    assertUnusable(foreign, range(0, 3), SUBJECT, "format is ''");
    Path empty = Files.createFile(folder.resolve("empty"));
    assertUnusable(empty, range(0, 3), SUBJECT, "end too early");
  }

  @Test
  void sumsThatLackExamplesAreNoCurvature() throws IOException {
    try (CurvatureSums sums = criterion(Criterion.H_OBS).sums(subject)) {
      sums.add(files(Criterion.H_OBS, 3).get(0), range(0, 3), SUBJECT);
      assertThatThrownBy(sums::curvature).hasMessageContaining("examples 0 to 8 only, of 26");
      assertThatThrownBy(() -> sums.observe(range(1, 3), QUIET))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  private void assertUnusable(Path file, ExampleRange range, String of, String why)
      throws IOException {
    try (CurvatureSums sums = criterion(Criterion.H_OBS).sums(subject)) {
      assertThatThrownBy(() -> sums.add(file, range, of))
          .isInstanceOf(WorkException.class)
          .hasMessageContaining(why)
          .extracting(e -> ((WorkException) e).reason())
          .isEqualTo(FailureReason.ARTIFACT_CORRUPT);
    }
  }

  private static CurvatureCriterion criterion(Criterion name) {
    return (CurvatureCriterion) Criteria.of(name);
  }

  private static ExampleRange range(int shard, int shards) {
    return ExampleRange.ofShard(shard, shards, SAMPLES, BATCH);
  }

  /** Each shard by objects of its own, as in a process of its own; the last one first. */
  private List<Path> files(Criterion name, int shards) throws IOException {
    List<Path> files = new ArrayList<>();
    for (int shard = shards - 1; shard >= 0; shard--) {
      Path file = folder.resolve(name + "-" + shard + "-of-" + shards);
      try (CurvatureSums sums = criterion(name).sums(subject);
          OutputStream out = Files.newOutputStream(file)) {
        sums.observe(range(shard, shards), QUIET);
        sums.write(out, SUBJECT);
      }
      files.add(0, file);
    }
    return files;
  }

  private CurvatureSums added(Criterion name, List<Path> files) throws IOException {
    CurvatureSums sums = criterion(name).sums(subject);
    for (int shard = 0; shard < files.size(); shard++) {
      sums.add(files.get(shard), range(shard, files.size()), SUBJECT);
    }
    return sums;
  }

  private Map<String, double[]> numbers(Curvature curvature) {
    Map<String, double[]> numbers = new HashMap<>();
    curvature
        .factors()
        .forEach(
            (node, f) -> {
              for (int b = 0; b < f.a().size(); b++) {
                numbers.put(node + " A" + b, doubles(f.a().get(b).matrix()));
              }
              numbers.put(node + " G", doubles(f.g()));
              numbers.put(node + " counts", new double[] {f.samples(), f.positions(), f.dropped()});
            });
    for (int g = 0; g < subject.groups().groups().size(); g++) {
      numbers.put("costs " + g, curvature.directions().moments().secondOrder()[g]);
      numbers.put("expansion " + g, curvature.directions().moments().expansion()[g]);
    }
    return numbers;
  }

  private static double[] doubles(NDArray matrix) {
    return matrix.toDoubleArray();
  }

  /** Equal up to a share of the largest number. */
  private static void assertEqual(String what, double[] actual, double[] expected, double share) {
    double largest = 0;
    for (double number : expected) {
      largest = Math.max(largest, Math.abs(number));
    }
    assertThat(actual).as(what).containsExactly(expected, within(share * largest));
  }

  private Dataset examples(String name, int count, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    StringBuilder csv = new StringBuilder();
    for (int n = 0; n < count; n++) {
      for (int i = 0; i < EXTENT * EXTENT; i++) {
        csv.append(random.nextGaussian()).append(',');
      }
      csv.append(n % CLASSES).append('\n');
    }
    Path file = Files.writeString(folder.resolve(name + ".csv"), csv);
    return Dataset.read(
        DataDescription.of(Format.CSV)
            .withNormalization(1, List.of(), List.of())
            .withExampleShape(1, EXTENT, EXTENT),
        List.of(file),
        Slice.all());
  }

  private static Graph network() {
    GraphBuilder b = new GraphBuilder(3);
    String x = b.input("x", -1, 1, EXTENT, EXTENT);
    String stream = b.block("stem", x, 1, 6, 3, 1, 1);
    String inner = b.block("expand", stream, 6, 8, 1, 1, 1);
    inner = b.block("depthwise", inner, 8, 8, 3, 1, 8);
    stream = b.node("Add", "residual", stream, b.conv("project", inner, 8, 6, 3, 1));
    String pooled = b.node("GlobalAveragePool", "pool", b.relu("relu", stream));
    String flat = b.node("Flatten", "flat", pooled);
    String hidden = b.relu("hidden.relu", b.linear("hidden", flat, 6, 9));
    return b.output(b.linear("classifier", hidden, 9, CLASSES), -1, CLASSES).build();
  }
}
