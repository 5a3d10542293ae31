package io.rspar.graph.op;

import static io.rspar.graph.build.GraphBuilder.integer;
import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.shape.Shapes;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Versions of operators that ONNX Runtime no longer runs, after their specification. */
class OldVersionsTest {
  /** Before version 7 the second operand says at which axis of the first it starts. */
  @Test
  void anOperandMayStartAtAnyAxis() {
    GraphBuilder b = new GraphBuilder(1).opset(6);
    String x = b.conv("first", b.input("image", -1, 3, 8, 8), 3, 6, 3, 1);
    Map<String, Attribute> channels = Map.of("broadcast", integer(1), "axis", integer(1));
    String shifted = b.node("Add", "shift", channels, x, b.weight("bias", 6));
    Graph graph = b.output(b.conv("second", shifted, 6, 4, 3, 1), DataType.FLOAT).build();

    assertThat(Shapes.infer(graph).shape(shifted).toArray()).endsWith(6, 8, 8);
    DependencyGraph groups = DependencyGraph.of(graph);
    assertThat(groups.groups()).extracting(ChannelGroup::id).containsExactly("first");
    Graph cut = Surgeon.cut(graph, groups, new PruningPlan(Map.of("first", List.of(1, 4))));
    assertThat(cut.initializers().get("bias"))
        .isEqualTo(graph.initializers().get("bias").take(0, new int[] {1, 4}));
  }

  /** Before version 9 every position could have statistics of its own. */
  @Test
  void statisticsOfPositionsAreNotCut() {
    GraphBuilder b = new GraphBuilder(1).opset(8);
    String x = b.conv("first", b.input("image", -1, 3, 4, 4), 3, 6, 3, 1);
    String[] inputs = {x, "scale", "shift", "mean", "var"};
    for (int i = 1; i < inputs.length; i++) {
      b.weight(inputs[i], 6, 4, 4);
    }
    String normed = b.node("BatchNormalization", "norm", Map.of("spatial", integer(0)), inputs);
    Graph graph = b.output(b.conv("second", normed, 6, 4, 3, 1), DataType.FLOAT).build();

    DependencyGraph groups = DependencyGraph.of(graph);

    assertThat(Shapes.infer(graph).shape(normed)).isNotEqualTo(Shape.UNRANKED);
    assertThat(groups.groups()).isEmpty();
    assertThat(groups.frozen()).anyMatch(f -> f.node().equals("BatchNormalization node 'norm'"));
  }
}
