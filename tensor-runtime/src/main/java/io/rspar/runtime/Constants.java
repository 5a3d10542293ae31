package io.rspar.runtime;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Constant tensors of a graph, wherever it keeps them. */
final class Constants {
  private Constants() {}

  /** Initialisers and values of {@code Constant} nodes, by value name. */
  static Map<String, Tensor> of(Graph graph) {
    Map<String, Tensor> constants = new LinkedHashMap<>(graph.initializers());
    for (Node node : graph.nodes()) {
      ofNode(node).ifPresent(tensor -> constants.put(node.output(0), tensor));
    }
    return constants;
  }

  private static Optional<Tensor> ofNode(Node node) {
    if (!node.opType().equals("Constant")) {
      return Optional.empty();
    }
    if (node.attributes().get("value_float") instanceof Attribute.OfFloat f) {
      return Optional.of(Tensor.ofFloats(Shape.of(), f.value()));
    }
    if (node.attributes().get("value_int") instanceof Attribute.OfInt i) {
      return Optional.of(Tensor.ofLongs(Shape.of(), i.value()));
    }
    if (node.attributes().get("value_ints") instanceof Attribute.OfInts i) {
      long[] values = i.values().stream().mapToLong(Long::longValue).toArray();
      return Optional.of(Tensor.ofLongs(Shape.of(values.length), values));
    }
    if (node.attributes().get("value_floats") instanceof Attribute.OfFloats f) {
      float[] values = new float[f.values().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = f.values().get(i);
      }
      return Optional.of(Tensor.ofFloats(Shape.of(values.length), values));
    }
    return node.tensorAttribute("value");
  }

  /** The graph with these tensors in the place of constants of the same name. */
  static Graph replace(Graph graph, Map<String, Tensor> tensors) {
    Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
    initializers.replaceAll((name, old) -> tensors.getOrDefault(name, old));
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      Tensor changed = node.opType().equals("Constant") ? tensors.get(node.output(0)) : null;
      nodes.add(
          changed == null ? node : node.withAttribute("value", new Attribute.OfTensor(changed)));
    }
    return graph.withNodesAndInitializers(nodes, initializers);
  }

  /**
   * Gives every node weights of its own where an exporter merged equal ones: {@code Identity} nodes
   * over constants become initialisers under the name of their output, and running statistics that
   * several nodes read are copied. Otherwise training one layer would change another.
   */
  static Graph separate(Graph graph) {
    Map<String, Tensor> constants = of(graph);
    Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
    Set<String> outputs = new HashSet<>();
    graph.outputs().forEach(o -> outputs.add(o.name()));
    List<Node> nodes = new ArrayList<>();
    Map<String, String> statisticsOwner = new HashMap<>();
    for (Node node : graph.nodes()) {
      Tensor aliased = constants.get(node.input(0));
      if (node.opType().equals("Identity")
          && aliased != null
          && aliased.type() == DataType.FLOAT
          && !outputs.contains(node.output(0))) {
        constants.put(node.output(0), aliased);
        initializers.put(node.output(0), aliased);
      } else if (node.opType().equals("BatchNormalization")) {
        nodes.add(withOwnStatistics(node, statisticsOwner, constants, initializers));
      } else {
        nodes.add(node);
      }
    }
    return graph.withNodesAndInitializers(nodes, initializers);
  }

  private static Node withOwnStatistics(
      Node node,
      Map<String, String> owners,
      Map<String, Tensor> constants,
      Map<String, Tensor> initializers) {
    List<String> inputs = new ArrayList<>(node.inputs());
    for (int i = 3; i < inputs.size(); i++) {
      String name = inputs.get(i);
      Tensor tensor = constants.get(name);
      if (tensor != null && owners.putIfAbsent(name, node.name()) != null) {
        String own = name + "/" + node.name();
        initializers.put(own, tensor);
        inputs.set(i, own);
      }
    }
    return inputs.equals(node.inputs()) ? node : node.withInputs(inputs);
  }
}
