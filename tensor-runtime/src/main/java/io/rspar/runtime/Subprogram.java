package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.rspar.graph.Attribute;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.runtime.kernel.ControlFlow;
import io.rspar.runtime.kernel.HostTensors;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.kernel.Operands;
import io.rspar.runtime.kernel.StatisticsSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The subgraph of a control-flow node. Its own weights are not trained, and BatchNormalization in
 * it keeps its running statistics.
 */
final class Subprogram implements ControlFlow.Body {
  private final List<String> inputs;
  private final List<String> outputs;
  private final List<String> captures;
  private final Map<String, Tensor> constants;
  private final Program.Plan plan;

  private Subprogram(Graph graph, List<String> captures) {
    inputs = graph.inputs().stream().map(ValueInfo::name).toList();
    outputs = graph.outputs().stream().map(ValueInfo::name).toList();
    this.captures = captures;
    constants = Constants.of(graph);
    plan = new Program(graph).planFor(new LinkedHashSet<>(outputs), Set.copyOf(inputs));
  }

  /**
   * A node's subgraph.
   *
   * @param outer the graph of the node
   * @throws InvalidModelException MALFORMED if the node has no such subgraph; UNSUPPORTED naming
   *     the inner node that is not executed
   */
  static Subprogram of(Node node, String attribute, Graph outer) {
    if (!(node.attributes().get(attribute) instanceof Attribute.Opaque opaque)) {
      throw new InvalidModelException(
          InvalidModelException.Kind.MALFORMED,
          node.describe() + " has no subgraph '" + attribute + "'",
          "export the model again");
    }
    return new Subprogram(OnnxReader.subgraph(opaque, outer), opaque.captures());
  }

  /** The node with what its subgraphs read as further inputs, so that it stays until then. */
  static Node withCaptures(Node node) {
    Set<String> all = new LinkedHashSet<>();
    for (Attribute attribute : node.attributes().values()) {
      if (attribute instanceof Attribute.Opaque opaque) {
        all.addAll(opaque.captures());
      }
    }
    all.removeAll(node.inputs());
    List<String> inputs = new ArrayList<>(node.inputs());
    inputs.addAll(all);
    return node.withInputs(inputs);
  }

  @Override
  public NDList run(Operands node, NDList values) {
    Map<String, NDArray> known = new HashMap<>();
    Map<String, Tensor> onHost = new HashMap<>(constants);
    constants.forEach(
        (name, tensor) -> known.put(name, HostTensors.upload(node.manager(), tensor)));
    for (String name : captures) {
      node.named(name).ifPresent(array -> known.put(name, array));
      node.constant(name).ifPresent(tensor -> onHost.put(name, tensor));
    }
    Map<String, NDArray> given = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      given.put(inputs.get(i), values.get(i));
    }
    Pass pass =
        new Pass(
            node.manager(),
            known,
            onHost,
            Mode.EVAL,
            StatisticsSink.NONE,
            ValueHook.NONE,
            Set.of());
    Map<String, NDArray> results = pass.run(plan, given, new LinkedHashSet<>(outputs));
    NDList ordered = new NDList();
    for (String output : outputs) {
      NDArray result = results.get(output);
      // One value may be several outputs, which are closed one by one.
      ordered.add(ordered.contains(result) ? result.reshape(result.getShape()) : result);
    }
    return ordered;
  }
}
