package io.rspar.graph.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.graph.Graph;
import io.rspar.graph.ModelChecks;
import io.rspar.graph.testing.OnnxRuntime;
import io.rspar.graph.testing.SharedModels;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class SharedModelRoundTripTest {
  @TestFactory
  Stream<DynamicTest> aPublishedModelComputesTheSameAfterARoundTrip() {
    return SharedModels.all().stream()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
  }

  private static void check(Path file) {
    Graph graph = OnnxReader.read(file);
    ModelChecks.requireFiniteWeights(graph);
    byte[] written = OnnxWriter.toBytes(graph);

    assertThat(
            OnnxRuntime.relativeDifference(
                OnnxRuntime.run(file, graph, 7), OnnxRuntime.run(written, graph, 7)))
        .isLessThan(1e-6);
    assertThat(OnnxWriter.toBytes(OnnxReader.read(written))).isEqualTo(written);
  }
}
