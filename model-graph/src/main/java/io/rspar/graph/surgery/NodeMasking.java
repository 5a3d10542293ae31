package io.rspar.graph.surgery;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.op.Masking;
import io.rspar.graph.op.NodeFacts;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Collects the nodes that take the place of one in the masked original. */
final class NodeMasking implements Masking {
  /** {@code Where} exists from this version of ONNX's operator set on. */
  private static final long OPSET_WITH_WHERE = 9;

  private final NodeFacts facts;
  private final List<NodeFacts> witnesses;
  private final Kept kept;
  private final long opset;
  private final Map<String, Tensor> weights;
  private final List<Node> added = new ArrayList<>();
  private final List<String> inputs;
  private final Map<Integer, String> replacements = new TreeMap<>();
  private int names;

  /**
   * A node to be masked.
   *
   * @param opset version of ONNX's own operator set
   * @param weights takes the new constants
   */
  NodeMasking(
      NodeFacts facts,
      List<NodeFacts> witnesses,
      Kept kept,
      long opset,
      Map<String, Tensor> weights) {
    this.facts = facts;
    this.witnesses = witnesses;
    this.kept = kept;
    this.opset = opset;
    this.weights = weights;
    this.inputs = new ArrayList<>(facts.node().inputs());
  }

  /** The nodes in the place of the node; the last one writes its outputs. */
  List<Node> result() {
    List<Node> nodes = new ArrayList<>(added);
    Node node = facts.node();
    if (replacements.isEmpty()) {
      nodes.add(node.withInputs(inputs));
    } else {
      replacements.forEach(
          (output, value) -> {
            String name = output == 0 ? node.name() : name();
            nodes.add(
                new Node(
                    name, "", "Identity", List.of(value), List.of(node.output(output)), Map.of()));
          });
    }
    return nodes;
  }

  @Override
  public NodeFacts facts() {
    return facts;
  }

  @Override
  public long opset() {
    return opset;
  }

  @Override
  public List<NodeFacts> witnesses() {
    return witnesses;
  }

  @Override
  public double keptShare(int input, List<Integer> axes) {
    double share = 1;
    for (int axis : axes) {
      Optional<int[]> indices = indices(input, axis);
      if (indices.isPresent()) {
        share *= (double) indices.get().length / facts.input(input).dim(axis);
      }
    }
    return share;
  }

  private Optional<int[]> indices(int input, int axis) {
    return kept.indices(facts.node().input(input), axis);
  }

  @Override
  public String masked(String value, int input, List<Integer> axes, double fill) {
    String masked = value;
    for (int axis : axes) {
      Optional<int[]> indices = indices(input, axis);
      if (indices.isPresent()) {
        masked = masked(masked, facts.input(input), axis, indices.get(), fill);
      }
    }
    return masked;
  }

  private String masked(String value, Shape shape, int axis, int[] indices, double fill) {
    long[] dims = new long[shape.rank()];
    Arrays.fill(dims, 1);
    dims[axis] = shape.dim(axis);
    if (opset < OPSET_WITH_WHERE) {
      float[] ones = new float[Math.toIntExact(dims[axis])];
      Arrays.stream(indices).forEach(i -> ones[i] = 1);
      if (fill != 0) {
        throw new IllegalStateException("operator set " + opset + " has no Where");
      }
      return node("Mul", value, typed(Tensor.ofFloats(Shape.of(dims), ones)));
    }
    byte[] stays = new byte[Math.toIntExact(dims[axis])];
    Arrays.stream(indices).forEach(i -> stays[i] = 1);
    String mask = constant(new Tensor(DataType.BOOL, Shape.of(dims), ByteBuffer.wrap(stays)));
    return node("Where", mask, value, scalar(fill));
  }

  @Override
  public String scalar(double value) {
    return typed(Tensor.ofFloats(Shape.of(), (float) value));
  }

  private String typed(Tensor tensor) {
    DataType type =
        facts.inputs().stream()
            .flatMap(input -> input.type().stream())
            .filter(DataType::isFloatingPoint)
            .findFirst()
            .or(() -> facts.type(0))
            .orElse(DataType.FLOAT);
    String name = constant(tensor);
    return type == DataType.FLOAT
        ? name
        : node("Cast", Map.of("to", new Attribute.OfInt(type.onnxCode())), name);
  }

  @Override
  public String constant(Tensor value) {
    String name = name();
    weights.put(name, value);
    return name;
  }

  @Override
  public String node(String opType, Map<String, Attribute> attributes, String... inputs) {
    String name = name();
    added.add(new Node(name, "", opType, List.of(inputs), List.of(name), attributes));
    return name;
  }

  /** The output's name is unique in the graph, and so is what begins with it. */
  private String name() {
    return facts.node().output(0) + "/masked/" + names++;
  }

  @Override
  public void replaceInput(int input, String value) {
    inputs.set(input, value);
  }

  @Override
  public List<String> replacedNode(int count) {
    Node node = facts.node();
    List<String> outputs = Stream.generate(this::name).limit(count).toList();
    added.add(
        new Node(outputs.get(0), node.domain(), node.opType(), inputs, outputs, node.attributes()));
    return outputs;
  }

  @Override
  public void replaceNode(String value) {
    replaceOutput(0, value);
  }

  @Override
  public void replaceOutput(int output, String value) {
    replacements.put(output, value);
  }
}
