package io.rspar.graph.cost;

import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.op.Operator;
import io.rspar.graph.op.Operators;
import io.rspar.graph.shape.Shapes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tensors are parameters: floating-point initialisers and {@code Constant} tensors with at
 * least one axis that a node reads as data. Not counted are scalars (they are settings such as ε),
 * running statistics of normalisations, borders and bounds, and operands of shape arithmetic.
 */
final class Parameters {
  private Parameters() {}

  /** Names of the parameters that each node is the first to read, by name of the node. */
  static Map<String, List<String>> byNode(Graph graph, Shapes shapes) {
    Set<String> sources = new HashSet<>(graph.initializers().keySet());
    for (Node node : graph.nodes()) {
      if (node.inputs().isEmpty() && shapes.constant(node.output(0)).isPresent()) {
        sources.add(node.output(0));
      }
    }
    Set<String> seen = new HashSet<>();
    Map<String, List<String>> byNode = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      NodeFacts facts = shapes.node(node);
      Operator operator = Operators.of(node);
      List<String> own = new ArrayList<>();
      for (int i = 0; i < node.inputs().size(); i++) {
        String input = node.input(i);
        if (sources.contains(input)
            && facts.inputs().get(i).isFloatingPoint()
            && facts.inputs().get(i).shape().rank() > 0
            && operator.isParameter(i)
            && !shapes.isShapeArithmetic(node)
            && seen.add(input)) {
          own.add(input);
        }
      }
      byNode.put(node.name(), own);
    }
    return byNode;
  }
}
