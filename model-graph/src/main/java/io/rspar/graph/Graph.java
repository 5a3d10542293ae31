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
 * @param values what the file declares about values between the nodes; need not name all
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
    Map<String, String> metadata,
    List<ValueInfo> values) {

  public Graph {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    nodes = List.copyOf(nodes);
    initializers = Collections.unmodifiableMap(new LinkedHashMap<>(initializers));
    opsets = Map.copyOf(opsets);
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    values = List.copyOf(values);
  }

  /** A graph that declares nothing about values between its nodes. */
  public Graph(
      String name,
      List<ValueInfo> inputs,
      List<ValueInfo> outputs,
      List<Node> nodes,
      Map<String, Tensor> initializers,
      Map<String, Long> opsets,
      long irVersion,
      String producer,
      Map<String, String> metadata) {
    this(
        name,
        inputs,
        outputs,
        nodes,
        initializers,
        opsets,
        irVersion,
        producer,
        metadata,
        List.of());
  }

  /** Version of ONNX's own operator set. */
  public long opset() {
    return opsets.getOrDefault("", 1L);
  }

  public Graph withNodesAndInitializers(List<Node> nodes, Map<String, Tensor> initializers) {
    return new Graph(
        name, inputs, outputs, nodes, initializers, opsets, irVersion, producer, metadata, values);
  }

  public Graph withOutputs(List<ValueInfo> outputs) {
    return new Graph(
        name, inputs, outputs, nodes, initializers, opsets, irVersion, producer, metadata, values);
  }

  public Graph withMetadata(Map<String, String> metadata) {
    return new Graph(
        name, inputs, outputs, nodes, initializers, opsets, irVersion, producer, metadata, values);
  }

  public Graph withValues(List<ValueInfo> values) {
    return new Graph(
        name, inputs, outputs, nodes, initializers, opsets, irVersion, producer, metadata, values);
  }
}
