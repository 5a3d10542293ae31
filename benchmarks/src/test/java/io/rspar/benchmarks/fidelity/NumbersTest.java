package io.rspar.benchmarks.fidelity;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.benchmarks.BenchmarkData;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.graph.Graph;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The names of the numbers are a contract with whoever reads them. */
class NumbersTest {
  private static final int EXTENT = 6;
  private static final int CHANNELS = 4;
  private static final int CLASSES = 3;
  private static final int EXAMPLES = 40;
  private static final List<String> CRITERIA =
      List.of(
          "hobs",
          "kfac_obd",
          "l1",
          "l2",
          "bn_scale",
          "activation",
          "taylor",
          "diagonal_fisher",
          "random");

  @TempDir private Path folder;

  @Test
  void fidelityNamesARhoOfEveryCriterionGloballyAndPerLayer() throws Exception {
    Outcome outcome = new Fidelity(32, EXAMPLES).run(context());
    Set<String> names = new TreeSet<>(Set.of("rho_ceiling", "examples", "channels"));
    for (String criterion : CRITERIA) {
      names.add("rho_global." + criterion);
      names.add("rho_layer_median." + criterion);
      names.add("rho_global_divergence." + criterion);
      names.add("rho_layer_median_divergence." + criterion);
    }
    assertThat(outcome.numbers().keySet()).containsExactlyElementsOf(names);
    outcome
        .numbers()
        .forEach(
            (name, number) -> {
              if (name.startsWith("rho")) {
                assertThat(number).as(name).isBetween(-1.0, 1.0);
              }
            });
    assertThat(outcome.numbers())
        .containsEntry("examples", (double) EXAMPLES)
        .containsEntry("channels", 2.0 * CHANNELS);
    assertThat(outcome.tables().get(0).rows()).hasSize(CRITERIA.size());
  }

  @Test
  void oneshotNamesAccuracyAndLossOfEveryCriterionAndCutPlainAndCompensated() throws Exception {
    Outcome outcome = new OneShot(List.of(30, 50, 61), 32, 16, EXAMPLES).run(context());
    Set<String> names = new TreeSet<>(Set.of("accuracy.dense", "loss.dense"));
    for (String criterion : CRITERIA) {
      for (int cut : new int[] {30, 50, 61}) {
        for (String stage : List.of("", ".compensated")) {
          names.add("accuracy." + criterion + "." + cut + stage);
          names.add("loss." + criterion + "." + cut + stage);
        }
        names.add("accuracy." + criterion + "." + cut + ".batchnorm");
      }
    }
    assertThat(outcome.numbers().keySet()).containsExactlyElementsOf(names);
    outcome
        .numbers()
        .forEach(
            (name, number) ->
                assertThat(number)
                    .as(name)
                    .isBetween(0.0, name.startsWith("accuracy") ? 1.0 : Double.MAX_VALUE));
    assertThat(outcome.tables().get(0).rows()).hasSize(3 * CRITERIA.size());
  }

  private Context context() throws IOException {
    Path model = folder.resolve("tiny.onnx");
    Files.write(model, OnnxWriter.toBytes(network()));
    BenchmarkData data =
        new BenchmarkData(
            "tiny",
            Map.of("tiny", model),
            DataDescription.of(Format.CSV)
                .withNormalization(1, List.of(), List.of())
                .withExampleShape(1, EXTENT, EXTENT),
            Augmentation.NONE,
            Map.of(
                BenchmarkData.Role.CALIBRATION, examples("calibration", 1),
                BenchmarkData.Role.VALIDATION, examples("validation", 2),
                BenchmarkData.Role.TEST, examples("test", 3)));
    return new Context(data, List.of(), folder, 1, 1, line -> {});
  }

  private List<Path> examples(String role, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    StringBuilder csv = new StringBuilder();
    for (int n = 0; n < EXAMPLES; n++) {
      for (int i = 0; i < EXTENT * EXTENT; i++) {
        csv.append(random.nextGaussian()).append(',');
      }
      csv.append(n % CLASSES).append('\n');
    }
    return List.of(Files.writeString(folder.resolve(role + ".csv"), csv));
  }

  private static Graph network() {
    GraphBuilder b = new GraphBuilder(4);
    String x = b.input("x", -1, 1, EXTENT, EXTENT);
    x = b.block("first", x, 1, CHANNELS, 3, 1, 1);
    x = b.block("second", x, CHANNELS, CHANNELS, 3, 1, 1);
    x = b.node("Flatten", "flat", b.node("GlobalAveragePool", "pool", x));
    return b.output(b.linear("classifier", x, CHANNELS, CLASSES), -1, CLASSES).build();
  }
}
