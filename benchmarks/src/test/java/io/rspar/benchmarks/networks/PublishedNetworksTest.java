package io.rspar.benchmarks.networks;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.graph.Graph;
import io.rspar.graph.cost.Cost;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PublishedNetworksTest {
  static Stream<PublishedNetwork> networks() {
    return PublishedNetworks.all().stream();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void theNumberOfParametersIsThePublishedOne(PublishedNetwork network) {
    assertThat(Cost.of(network.build(1)).parameters()).isEqualTo(network.parameters());
  }

  @ParameterizedTest
  @MethodSource("networks")
  void theCostOfEveryNodeIsKnown(PublishedNetwork network) {
    Graph graph = network.build(1);
    assertThat(Cost.of(graph).nodes()).allMatch(node -> node.counted(), "is counted");
  }
}
