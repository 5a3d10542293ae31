package io.rspar.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import io.rspar.runtime.testing.Graphs;
import io.rspar.runtime.testing.Interpreter;
import io.rspar.runtime.training.Evaluation;
import io.rspar.runtime.training.Evaluator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Whole networks below the folder that the system property names, against ONNX Runtime. */
@EnabledIfSystemProperty(named = SharedModelsTest.FOLDER, matches = ".+")
class SharedModelsTest {
  static final String FOLDER = "rspar.shared.models";

  private final Path folder = Path.of(System.getProperty(FOLDER, "."));

  @TestFactory
  List<DynamicTest> equalsOnnxRuntime() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(f -> f.toString().endsWith(".onnx"))
          .sorted()
          .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> compare(f)))
          .toList();
    }
  }

  private static void compare(Path file) {
    Graph graph = OnnxReader.read(file);
    long[] shape = graph.inputs().get(0).shape().toArray();
    shape[0] = shape[0] == Shape.UNKNOWN ? 3 : shape[0];
    double error =
        Interpreter.relativeError(graph, Graphs.random(new SplittableRandom(5), 2, shape));
    System.out.printf("%s: relative error %.1e%n", file.getFileName(), error);
    assertThat(error).isLessThan(1e-4);
  }

  @Test
  void resNet20HasItsPublishedAccuracy() {
    Path cifar = folder.resolve("cifar10");
    assumeThat(cifar.resolve("test.npz")).exists();
    DataDescription description =
        DataDescription.of(Format.NPZ)
            .withNormalization(
                255, List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f));
    Dataset test = Dataset.read(description, List.of(cifar.resolve("test.npz")), Slice.first(2000));
    try (Network network = Network.load(OnnxReader.read(cifar.resolve("resnet20.onnx")))) {
      long start = System.nanoTime();
      Evaluation evaluation = Evaluator.evaluate(network, test, 100);
      System.out.printf("%s in %.1f s%n", evaluation, (System.nanoTime() - start) / 1e9);
      assertThat(evaluation.top1()).isCloseTo(0.8795, within(1e-9));
    }
  }
}
