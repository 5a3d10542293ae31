package io.rspar.pruner.datafree;

import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.TopologicalOrder;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.op.ValueFacts;
import io.rspar.graph.shape.Shapes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Values between the nodes that a cut leaves whole, although they are computed from channels that
 * it thinned: the scores before a sigmoid, say. They are the same in the cut network and in the
 * masked original, and tell the two apart where the outputs themselves are saturated.
 */
final class WholeValues {
  private WholeValues() {}

  /** Names of those values, in the order of the cut graph. */
  static Set<String> behindCuts(Graph cut, Graph masked) {
    Shapes before = Shapes.inferOneExample(masked);
    Shapes after = Shapes.inferOneExample(cut);
    Set<String> behind = new HashSet<>();
    Set<String> whole = new LinkedHashSet<>();
    for (Node node : cut.nodes()) {
      boolean behindCut =
          TopologicalOrder.reads(node).stream()
              .anyMatch(v -> behind.contains(v) || !isWhole(v, before, after));
      for (String value : node.outputs()) {
        if (behindCut) {
          behind.add(value);
        }
        if (behindCut && isWhole(value, before, after) && isData(after, value)) {
          whole.add(value);
        }
      }
    }
    cut.outputs().forEach(output -> whole.remove(output.name()));
    return whole;
  }

  private static boolean isWhole(String value, Shapes before, Shapes after) {
    return before.has(value) && after.has(value) && before.shape(value).equals(after.shape(value));
  }

  private static boolean isData(Shapes shapes, String value) {
    ValueFacts facts = shapes.facts(value);
    return facts.type().equals(Optional.of(DataType.FLOAT))
        && facts.shape().isStatic()
        && facts.value().isEmpty()
        && !facts.constant();
  }

  /** The graph with these values as further outputs. */
  static Graph asOutputs(Graph graph, Set<String> values) {
    List<ValueInfo> outputs = new ArrayList<>(graph.outputs());
    values.forEach(value -> outputs.add(new ValueInfo(value, DataType.FLOAT, Shape.UNRANKED)));
    return graph.withOutputs(outputs);
  }
}
