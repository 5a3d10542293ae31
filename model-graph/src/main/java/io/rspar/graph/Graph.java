package io.rspar.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model: its graph and what the file says about itself. Nodes stand in a topological order.
 *
 * @param inputs values fed from outside; initialisers are not among them
 * @param initializers constant tensors by name, in file order; values of {@code Constant} nodes are
 *     not among them, their nodes carry them
 * @param opsets version of each operator set by domain; the empty domain is ONNX's own
 * @param metadata the file's free key-value pairs
 */
public record Graph(
    String name,
    List<ValueInfo> inputs,
    List<ValueInfo> outputs,
    List<Node> nodes,
    Map<String, Tensor> initializers,
    Map<String, Long> opsets,
    long irVersion,
    String producer,
    Map<String, String> metadata) {

  public Graph {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    nodes = List.copyOf(nodes);
    initializers = Collections.unmodifiableMap(new LinkedHashMap<>(initializers));
    opsets = Map.copyOf(opsets);
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /** Version of ONNX's own operator set. */
  public long opset() {
    return opsets.getOrDefault("", 1L);
  }

  public Graph withNodesAndInitializers(List<Node> nodes, Map<String, Tensor> initializers) {
    return new Graph(
        name, inputs, outputs, nodes, initializers, opsets, irVersion, producer, metadata);
  }

  public Graph withMetadata(Map<String, String> metadata) {
    return new Graph(
        name, inputs, outputs, nodes, initializers, opsets, irVersion, producer, metadata);
  }
}
