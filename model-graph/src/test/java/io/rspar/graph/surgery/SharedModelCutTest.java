package io.rspar.graph.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.graph.Graph;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.testing.SharedModels;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class SharedModelCutTest {
  @TestFactory
  Stream<DynamicTest> aPublishedModelCanBeCutExactly() {
    return SharedModels.all().stream()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
  }

  private static void check(Path file) {
    Graph graph = OnnxReader.read(file);
    DependencyGraph groups = DependencyGraph.of(graph);
    Cost dense = Cost.of(graph);
    StringBuilder line = new StringBuilder();
    line.append(
        "%s: %.2f M MACs, %.4f M parameters, %d groups, %d channels, %d frozen"
            .formatted(
                file.getFileName(),
                dense.macs() / 1e6,
                dense.parameters() / 1e6,
                groups.groups().size(),
                groups.groups().stream().mapToInt(g -> g.width()).sum(),
                groups.frozen().size()));
    for (double removed : new double[] {0.3, 0.5}) {
      PruningPlan plan = CutOracle.randomPlan(groups, 1 - removed, new Random(5));
      double difference = CutOracle.check(graph, groups, plan);
      Cost cut = Cost.of(Surgeon.cut(graph, groups, plan));
      line.append(
          "; −%.0f %%: %.2f M MACs, %.4f M parameters, difference %.1e"
              .formatted(removed * 100, cut.macs() / 1e6, cut.parameters() / 1e6, difference));
      if (!groups.groups().isEmpty()) {
        assertThat(cut.parameters()).isLessThan(dense.parameters());
      }
    }
    System.out.println(line);
  }
}
