package io.rspar.sensitivity.curvature;

import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.runtime.layer.WeightedLayer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph in which every layer reads its input through a value of its own. The gradient of that
 * value is the part of the input's gradient that comes through this layer: a residual stream's own
 * gradient would count the skip connection too, which stays when a channel's columns go.
 */
public final class SeparateReads {
  private final Graph graph;
  private final Map<String, String> reads = new HashMap<>();

  private SeparateReads(Graph original, Collection<WeightedLayer> layers) {
    Map<String, WeightedLayer> byNode = new HashMap<>();
    layers.forEach(layer -> byNode.put(layer.node().name(), layer));
    List<Node> nodes = new ArrayList<>();
    for (Node node : original.nodes()) {
      if (byNode.containsKey(node.name())) {
        String read = node.input(0) + " read by " + node.name();
        reads.put(node.name(), read);
        nodes.add(
            new Node(
                "read of " + node.name(),
                "",
                "Identity",
                List.of(node.input(0)),
                List.of(read),
                Map.of()));
        List<String> inputs = new ArrayList<>(node.inputs());
        inputs.set(0, read);
        nodes.add(
            new Node(
                node.name(),
                node.domain(),
                node.opType(),
                inputs,
                node.outputs(),
                node.attributes()));
      } else {
        nodes.add(node);
      }
    }
    graph = original.withNodesAndInitializers(nodes, original.initializers());
  }

  /** The graph with reads of their own for these layers. */
  public static SeparateReads of(Graph graph, Collection<WeightedLayer> layers) {
    return new SeparateReads(graph, layers);
  }

  /** The same function, with one more value per layer. */
  public Graph graph() {
    return graph;
  }

  /** Name of the value that a layer reads. */
  public String readBy(String node) {
    return reads.get(node);
  }
}
