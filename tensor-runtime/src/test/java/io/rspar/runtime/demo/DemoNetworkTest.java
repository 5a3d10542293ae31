package io.rspar.runtime.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.graph.Graph;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.runtime.Network;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Slice;
import io.rspar.runtime.training.Evaluation;
import io.rspar.runtime.training.Evaluator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files that are shipped are what their README says. */
class DemoNetworkTest {
  private static final Path FOLDER = Path.of("..", "examples", "fashion-mnist");

  private static Dataset role(String name) {
    return Dataset.read(
        FashionMnist.DESCRIPTION,
        List.of(FOLDER.resolve(name + "-images.idx.gz"), FOLDER.resolve(name + "-labels.idx.gz")),
        Slice.all());
  }

  @Test
  void shippedNetworkHasItsAccuracyAndCost() {
    Graph graph = OnnxReader.read(FOLDER.resolve("fashion_resnet.onnx"));
    Cost cost = Cost.of(graph);
    assertThat(cost.macs()).isEqualTo(5_755_200);
    assertThat(cost.parameters()).isEqualTo(175_258);
    try (Network network = Network.load(graph)) {
      Evaluation evaluation = Evaluator.evaluate(network, role("test"), 250);
      assertThat(evaluation.samples()).isEqualTo(2000);
      // Another processor may turn a tie or two.
      assertThat(evaluation.top1()).isCloseTo(0.921, within(0.001));
    }
  }

  @Test
  void rolesHaveTheirSizesAndAllClasses() {
    assertThat(role("train").size()).isEqualTo(10_000);
    assertThat(role("calibration").size()).isEqualTo(1_024);
    assertThat(role("validation").size()).isEqualTo(2_000);
    for (String name : List.of("train", "calibration", "validation", "test")) {
      assertThat(role(name).classes()).isEqualTo(10);
    }
  }

  @Test
  void rolesOfTheTrainingFileDoNotOverlap() {
    assertThat(end(FashionMnist.TRAIN)).isLessThanOrEqualTo(end(FashionMnist.LEARNED));
    assertThat(FashionMnist.CALIBRATION.offset()).isGreaterThanOrEqualTo(end(FashionMnist.LEARNED));
    assertThat(FashionMnist.VALIDATION.offset())
        .isGreaterThanOrEqualTo(end(FashionMnist.CALIBRATION));
    assertThat(end(FashionMnist.VALIDATION)).isLessThanOrEqualTo(60_000);
  }

  private static int end(Slice slice) {
    return slice.offset() + slice.limit();
  }

  @Test
  void filesStaySmall() throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.toList()) {
        bytes += Files.size(file);
      }
    }
    assertThat(bytes).isLessThan(12_000_000);
  }
}
