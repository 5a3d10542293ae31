package io.rspar.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.benchmarks.curvature.RandomImages;
import io.rspar.graph.Graph;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.onnx.OnnxWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The benchmarks that the documentation says to run, at a hundredth of their size. In place of
 * CIFAR-10 and ResNet-20, which are not the project's to ship, they get files of the same names and
 * forms: random images, and a network of two blocks.
 */
final class DocumentedBenchmarks {
  /** They start Kafka and the packaged application. */
  private static final Set<String> WITH_KAFKA = Set.of("overhead", "scale-out", "load", "chaos");

  /** Of the documented size. */
  private static final String SIZE = "0.01";

  /** As many as a request of the benchmarks calibrates with. */
  private static final int IMAGES = 1024;

  private static final int EXTENT = 32;
  private static final int WIDTH = 8;
  private static final int CLASSES = 10;

  private DocumentedBenchmarks() {}

  /** Runs those that measure parts. */
  static void runParts(Path folder) throws Exception {
    run(commands(folder).stream().filter(c -> !WITH_KAFKA.contains(c.get(1))).toList(), folder);
  }

  /** Runs those that measure a whole installation; {@code ChaosTrialIT} runs chaos. */
  static void runWholes(Path folder) throws Exception {
    run(
        commands(folder).stream()
            .filter(c -> WITH_KAFKA.contains(c.get(1)) && !c.get(1).equals("chaos"))
            .toList(),
        folder);
  }

  private static List<List<String>> commands(Path folder) throws IOException {
    Path cifar = cifar(folder.resolve("cifar10"));
    Path models = Files.createDirectories(folder.resolve("models"));
    Files.copy(cifar.resolve("resnet20.onnx"), models.resolve("resnet20.onnx"));
    return DocumentedCommand.of(
            List.of("bench"), Map.of("cifar10/", cifar.toString(), "my-models/", models.toString()))
        .stream()
        .filter(words -> words.size() > 1)
        .toList();
  }

  private static void run(List<List<String>> commands, Path folder) throws IOException {
    assertThat(commands).isNotEmpty();
    for (List<String> command : commands) {
      Path out = Files.createTempDirectory(folder, command.get(1));
      List<String> small = new ArrayList<>(command);
      small.addAll(List.of("--size", SIZE, "--out", out.toString()));
      CommandRun run = CommandRun.of(small);
      assertThat(run.status()).as("rspar %s: %s", String.join(" ", small), run.err()).isZero();
      assertThat(run.out()).contains("measured at " + SIZE + " of its full size");
      assertThat(out.resolve("numbers.json")).isNotEmptyFile();
      assertThat(out.resolve("table.md")).isNotEmptyFile();
    }
  }

  private static Path cifar(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String model : List.of("resnet20", "resnet20_convshortcut")) {
      OnnxWriter.write(network(), folder.resolve(model + ".onnx"));
    }
    long seed = 0;
    for (String role : List.of("calibration", "train", "validation", "test")) {
      RandomImages.write(folder.resolve(role + ".npz"), IMAGES, EXTENT, CLASSES, seed++);
    }
    return folder;
  }

  private static Graph network() {
    GraphBuilder b = new GraphBuilder(4);
    String x = b.input("x", -1, 3, EXTENT, EXTENT);
    x = b.block("first", x, 3, WIDTH, 3, 2, 1);
    x = b.block("second", x, WIDTH, WIDTH, 3, 2, 1);
    x = b.node("Flatten", "flat", b.node("GlobalAveragePool", "pool", x));
    return b.output(b.linear("classifier", x, WIDTH, CLASSES), -1, CLASSES).build();
  }
}
