package io.rspar.graph.surgery;

import static io.rspar.graph.InvalidModelException.Kind.INVALID_CUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.cost.CostModel;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.testing.Networks;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class PruningPlanTest {
  private final Graph graph = Networks.vgg();
  private final DependencyGraph groups = DependencyGraph.of(graph);

  private static InvalidModelException refused(ThrowingCallable call) {
    InvalidModelException refused = catchThrowableOfType(InvalidModelException.class, call);
    assertThat(refused).as("refusal").isNotNull();
    assertThat(refused.kind()).isEqualTo(INVALID_CUT);
    return refused;
  }

  @Test
  void aPlanThatWasWrittenCutsTheSameModel() {
    PruningPlan plan = CutOracle.randomPlan(groups, 0.5, new Random(1)).withModelSha256("ab12");

    PruningPlan read = PruningPlanFile.read(PruningPlanFile.write(plan, groups));

    assertThat(read).isEqualTo(plan);
    assertThat(OnnxWriter.toBytes(Surgeon.cut(graph, groups, read)))
        .isEqualTo(OnnxWriter.toBytes(Surgeon.cut(graph, groups, plan)));
  }

  @Test
  void theFileListsKeptIndicesPerTensor() {
    String json = PruningPlanFile.write(new PruningPlan(Map.of("conv3", List.of(1, 4))), groups);

    assertThat(json.replaceAll("\\s", ""))
        .contains("{\"name\":\"conv3.weight\",\"axis\":0,\"kept\":[1,4]}")
        .contains("{\"name\":\"fc1.weight\",\"axis\":1,\"kept\":[4,5,6,7,16,17,18,19]}")
        .doesNotContain("\"name\":\"conv1.weight\"");
  }

  @Test
  void plansThatDoNotFitAreRefused() {
    assertThat(refused(() -> new PruningPlan(Map.of("conv1", List.of()))))
        .hasMessageContaining("conv1");
    refused(() -> new PruningPlan(Map.of("conv1", List.of(2, 1))));
    refused(() -> new PruningPlan(Map.of("conv1", List.of(-1))));
    assertThat(refused(() -> cut(Map.of("nowhere", List.of(0))))).hasMessageContaining("nowhere");
    assertThat(refused(() -> cut(Map.of("conv1", List.of(0, 6))))).hasMessageContaining("conv1");
  }

  private void cut(Map<String, List<Integer>> kept) {
    Surgeon.cut(graph, groups, new PruningPlan(kept));
  }

  @Test
  void filesThatAreNoPlansAreRefused() {
    for (String json :
        List.of(
            "",
            "{",
            "[]",
            "{\"version\": 2, \"groups\": []}",
            "{\"version\": 1}",
            "{\"version\": 1, \"groups\": [{\"id\": \"a\", \"kept\": [\"x\"]}]}",
            "{\"version\": 1, \"groups\": [{\"kept\": [1]}]}")) {
      assertThat(refused(() -> PruningPlanFile.read(json)).remedy()).contains("pruning-plan.json");
    }
  }

  @Test
  void theHighestScoresStayAndTiesKeepTheirOrder() {
    List<double[]> scores =
        groups.groups().stream()
            .map(
                g -> {
                  double[] score = new double[g.width()];
                  score[g.width() - 1] = 1;
                  return score;
                })
            .toList();

    PruningPlan plan = PruningPlan.ofScores(groups, scores, new int[] {2, 3, 1, 14});

    assertThat(plan.kept().get("conv1")).containsExactly(0, 5);
    assertThat(plan.kept().get("conv2")).containsExactly(0, 1, 7);
    assertThat(plan.kept().get("conv3")).containsExactly(9);
    assertThat(plan.widths(groups)).containsExactly(2, 3, 1, 14);
  }

  @Test
  void theCostModelRefusesImpossibleWidths() {
    CostModel model = CostModel.of(graph, groups);

    refused(() -> model.macs(new int[] {6, 8, 10}));
    refused(() -> model.macs(new int[] {0, 8, 10, 14}));
    refused(() -> model.parameters(new int[] {6, 8, 11, 14}));
  }
}
