package io.rspar.graph.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.testing.SharedModels;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SharedModelCostTest {
  /** The counts that its publisher states: 40.93 M and 0.2697 M. */
  @Test
  void resNet20CostsWhatItsPublisherSays() {
    Optional<Path> file =
        SharedModels.all().stream().filter(f -> f.endsWith("resnet20.onnx")).findFirst();
    assumeTrue(file.isPresent(), "set rspar.shared.models");

    Cost cost = Cost.of(OnnxReader.read(file.get()));

    assertThat(cost.macs()).isEqualTo(40_551_040L + 2 * 188_416L);
    assertThat(cost.parameters()).isEqualTo(269_722L);
    assertThat(cost.nodes()).allMatch(NodeCost::counted);
  }
}
