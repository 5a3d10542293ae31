package io.rspar.graph;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What a model must fulfil before R-SPAR works on it. */
public final class ModelChecks {
  private ModelChecks() {}

  /**
   * Names are unique, every value that is read has exactly one source, and the nodes stand in a
   * topological order.
   *
   * @throws InvalidModelException MALFORMED, naming the node or the value
   */
  public static void requireWellFormed(Graph graph) {
    Set<String> given = new HashSet<>(graph.initializers().keySet());
    for (ValueInfo input : graph.inputs()) {
      if (!given.add(input.name())) {
        throw malformed("the graph input '" + input.name() + "' has another source as well");
      }
    }
    Set<String> names = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (!names.add(node.name())) {
        throw malformed("two nodes are called '" + node.name() + "'");
      }
    }
    TopologicalOrder.of(graph.nodes(), given);
    Set<String> available = new HashSet<>(given);
    for (Node node : graph.nodes()) {
      for (String value : TopologicalOrder.reads(node)) {
        if (!available.contains(value)) {
          throw malformed(
              node.describe() + " reads the value '" + value + "' before it is written");
        }
      }
      available.addAll(node.outputs());
    }
    if (graph.outputs().isEmpty()) {
      throw malformed("the graph has no output");
    }
    for (ValueInfo output : graph.outputs()) {
      if (!available.contains(output.name())) {
        throw malformed("nothing provides the graph output '" + output.name() + "'");
      }
    }
  }

  /**
   * Every floating-point weight, in initialisers and in node attributes, is a finite number.
   *
   * @throws InvalidModelException NON_FINITE_WEIGHT, naming the tensor and the first such element
   */
  public static void requireFiniteWeights(Graph graph) {
    graph
        .initializers()
        .forEach((name, tensor) -> requireFinite("initialiser '" + name + "'", tensor));
    for (Node node : graph.nodes()) {
      // Infinity is a legitimate constant outside of weights (attention masks, clipping bounds),
      // but such constants have one element; a tensor of them is a damaged weight.
      for (Map.Entry<String, Attribute> attribute : node.attributes().entrySet()) {
        if (attribute.getValue() instanceof Attribute.OfTensor t && t.value().elements() > 1) {
          requireFinite("attribute '" + attribute.getKey() + "' of " + node.describe(), t.value());
        }
      }
    }
  }

  private static void requireFinite(String name, Tensor tensor) {
    if (!tensor.type().isFloatingPoint()) {
      return;
    }
    // Element by element: a copy of a tensor of 2 GiB would not fit.
    ByteBuffer view = tensor.bytes();
    for (int i = 0; i < tensor.elements(); i++) {
      double value =
          switch (tensor.type()) {
            case DOUBLE -> view.getDouble(i * 8);
            case FLOAT16 -> Tensor.halfToFloat(view.getShort(i * 2));
            case BFLOAT16 -> Float.intBitsToFloat(view.getShort(i * 2) << 16);
            default -> view.getFloat(i * 4);
          };
      if (!Double.isFinite(value)) {
        throw nonFinite(name, tensor, i, value);
      }
    }
  }

  private static InvalidModelException nonFinite(
      String name, Tensor tensor, int flatIndex, double value) {
    StringBuilder index = new StringBuilder();
    long rest = flatIndex;
    for (int axis = tensor.shape().rank() - 1; axis >= 0; axis--) {
      long extent = tensor.shape().dim(axis);
      index.insert(0, (axis == 0 ? "" : ", ") + rest % extent);
      rest /= extent;
    }
    return new InvalidModelException(
        InvalidModelException.Kind.NON_FINITE_WEIGHT,
        name + " holds " + value + " at [" + index + "]",
        "train the model again or replace the value: a diverged weight cannot be scored");
  }

  private static InvalidModelException malformed(String message) {
    return new InvalidModelException(
        InvalidModelException.Kind.MALFORMED, message, "export the model again");
  }
}
