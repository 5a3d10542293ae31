package io.rspar.graph.shape;

import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.op.Operators;
import io.rspar.graph.op.ValueFacts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One walk through a graph whose inputs have these shapes. */
final class Inference {
  private final Graph graph;
  private final Map<String, ValueFacts> facts = new HashMap<>();

  private Inference(Graph graph) {
    this.graph = graph;
  }

  /**
   * Facts about every value.
   *
   * @param inputs shapes of graph inputs that differ from what the graph declares
   * @throws InvalidModelException MALFORMED, naming the node whose inputs contradict each other
   */
  static Map<String, ValueFacts> run(Graph graph, Map<String, Shape> inputs) {
    Inference inference = new Inference(graph);
    for (Map.Entry<String, Tensor> entry : graph.initializers().entrySet()) {
      inference.facts.put(entry.getKey(), ValueFacts.of(entry.getValue()).withConstant(true));
    }
    for (ValueInfo input : graph.inputs()) {
      Shape shape = inputs.getOrDefault(input.name(), input.shape());
      inference.facts.put(input.name(), ValueFacts.of(input.type(), shape));
    }
    graph.nodes().forEach(inference::visit);
    return inference.facts;
  }

  private void visit(Node node) {
    NodeFacts known = facts(graph, node, facts, List.of());
    boolean shapesKnown = true;
    boolean constant = Operators.isKnown(node);
    for (int i = 0; i < node.inputs().size(); i++) {
      if (node.hasInput(i)) {
        shapesKnown &= known.inputs().get(i).shape().isStatic();
        constant &= known.inputs().get(i).constant();
      }
    }
    List<ValueFacts> outputs = shapesKnown ? infer(known) : List.of();
    for (int i = 0; i < node.outputs().size(); i++) {
      if (!node.output(i).isEmpty()) {
        ValueFacts output = i < outputs.size() ? outputs.get(i) : ValueFacts.UNKNOWN;
        facts.put(node.output(i), output.withConstant(constant && output.shape().isRanked()));
      }
    }
  }

  private static List<ValueFacts> infer(NodeFacts node) {
    try {
      return Operators.of(node.node()).infer(node);
    } catch (IndexOutOfBoundsException
        | ArithmeticException
        | IllegalArgumentException
        | NegativeArraySizeException e) {
      // A missing input, an impossible attribute, an overflow: the node cannot run either.
      InvalidModelException malformed =
          node.malformed("its inputs and attributes contradict each other: " + e.getMessage());
      malformed.addSuppressed(e);
      throw malformed;
    }
  }

  /** A node with facts about its values, out of a map of all values. */
  static NodeFacts facts(
      Graph graph, Node node, Map<String, ValueFacts> facts, List<String> outputs) {
    List<ValueFacts> in = new ArrayList<>(node.inputs().size());
    for (String input : node.inputs()) {
      in.add(Optional.ofNullable(facts.get(input)).orElse(ValueFacts.UNKNOWN));
    }
    List<ValueFacts> out = new ArrayList<>(outputs.size());
    for (String output : outputs) {
      out.add(Optional.ofNullable(facts.get(output)).orElse(ValueFacts.UNKNOWN));
    }
    return new NodeFacts(node, graph.opsets().getOrDefault(node.domain(), 1L), in, out);
  }
}
