package io.rspar.graph.cost;

import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.op.Operators;
import io.rspar.graph.op.ValueFacts;
import io.rspar.graph.shape.Shapes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a graph costs.
 *
 * <p>MACs are those of convolutions, matrix products and normalisations (see {@link
 * io.rspar.graph.op.Operator#macs}) for one example: an open batch counts as 1, other open axes as
 * 64 or as what the model allows ({@link Shapes#inferOneExample}), a fixed batch as it is. Weights
 * computed from constants cost nothing. Parameters are the elements of trained tensors, each tensor
 * once; running statistics are none.
 *
 * @param macs multiply-accumulate operations
 * @param parameters number of parameters
 * @param nodes one entry per node of the graph, in its order; their sums are the totals
 */
public record Cost(long macs, long parameters, List<NodeCost> nodes) {
  public Cost {
    nodes = List.copyOf(nodes);
  }

  /**
   * Counts.
   *
   * @throws io.rspar.graph.InvalidModelException MALFORMED if shapes contradict each other
   */
  public static Cost of(Graph graph) {
    Shapes shapes = Shapes.inferOneExample(graph);
    Map<String, List<String>> parameters = Parameters.byNode(graph, shapes);
    List<NodeCost> nodes = new ArrayList<>(graph.nodes().size());
    for (Node node : graph.nodes()) {
      NodeFacts facts = shapes.node(node);
      boolean counted = isCounted(facts);
      long own =
          parameters.get(node.name()).stream()
              .mapToLong(name -> shapes.shape(name).elements())
              .sum();
      long macs = counted && !isConstant(facts) ? Operators.of(node).macs(facts) : 0;
      nodes.add(new NodeCost(node.name(), node.opType(), macs, own, counted));
    }
    return new Cost(
        nodes.stream().mapToLong(NodeCost::macs).reduce(0, Math::addExact),
        nodes.stream().mapToLong(NodeCost::parameters).reduce(0, Math::addExact),
        nodes);
  }

  /** Whether the node is computed once and for all when the model is loaded. */
  static boolean isConstant(NodeFacts facts) {
    return facts.outputs().stream().allMatch(ValueFacts::constant);
  }

  /** Whether the cost of a node can be told: operator known, shapes known. */
  static boolean isCounted(NodeFacts facts) {
    return Operators.isKnown(facts.node())
        && areStatic(facts.node().inputs(), facts.inputs())
        && areStatic(facts.node().outputs(), facts.outputs());
  }

  private static boolean areStatic(List<String> names, List<ValueFacts> facts) {
    return IntStream.range(0, names.size())
        .allMatch(i -> names.get(i).isEmpty() || facts.get(i).shape().isStatic());
  }
}
