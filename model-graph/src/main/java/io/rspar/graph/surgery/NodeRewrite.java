package io.rspar.graph.surgery;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.op.PartlyKnown;
import io.rspar.graph.op.Rewrite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Collects what an operator changes in one node; new constants become initialisers. */
final class NodeRewrite implements Rewrite {
  private final NodeFacts facts;
  private final List<NodeFacts> witnesses;
  private final Kept kept;
  private final Map<String, Tensor> weights;
  private final Set<String> stale;
  private final List<Node> added = new ArrayList<>();
  private final List<String> inputs;
  private final Map<String, Attribute> attributes;

  /**
   * A node to be rewritten.
   *
   * @param weights takes the new constants
   * @param stale names of values that the cut network computes from other extents than the original
   */
  NodeRewrite(
      NodeFacts facts,
      List<NodeFacts> witnesses,
      Kept kept,
      Map<String, Tensor> weights,
      Set<String> stale) {
    this.stale = stale;
    this.facts = facts;
    this.witnesses = witnesses;
    this.kept = kept;
    this.weights = weights;
    this.inputs = new ArrayList<>(facts.node().inputs());
    this.attributes = new TreeMap<>(facts.node().attributes());
  }

  /** Numbers that the original computes from extents now cut, and that the node goes on reading. */
  void keepStaleValues() {
    for (int i = 0; i < facts.inputs().size(); i++) {
      String input = facts.node().input(i);
      if (stale.contains(input) && inputs.get(i).equals(input) && facts.value(i).isPresent()) {
        replace(i, number(i, kept.slice(input, facts.value(i).get())));
      }
    }
  }

  /** A single real number is a setting, which as a tensor of no axes is told from a weight. */
  private String number(int input, Tensor value) {
    if (!value.type().isFloatingPoint() || value.shape().rank() == 0) {
      return constant(input, value);
    }
    String scalar = constant(input, value.reshaped(Shape.of()));
    long[] shape = value.shape().toArray();
    String target = constant(input, Tensor.ofLongs(Shape.of(shape.length), shape));
    return add("Reshape", input, Map.of(), scalar, target);
  }

  /** The node, behind those that compute its descriptions. */
  List<Node> result() {
    Node node = facts.node();
    List<Node> nodes = new ArrayList<>(added);
    nodes.add(
        new Node(node.name(), node.domain(), node.opType(), inputs, node.outputs(), attributes));
    return nodes;
  }

  @Override
  public NodeFacts facts() {
    return facts;
  }

  @Override
  public List<NodeFacts> witnesses() {
    return witnesses;
  }

  @Override
  public Shape newInput(int input) {
    return kept.shape(facts.node().input(input));
  }

  @Override
  public Shape newOutput(int output) {
    return kept.shape(facts.node().output(output));
  }

  @Override
  public List<Shape> newOutputs(int output) {
    String value = facts.node().output(output);
    return witnesses.stream().map(w -> kept.shape(value, w.output(output))).toList();
  }

  @Override
  public int[] keptInput(int input, int axis) {
    return kept(facts.node().input(input), facts.input(input).dim(axis), axis);
  }

  @Override
  public int[] keptOutput(int output, int axis) {
    return kept(facts.node().output(output), facts.output(output).dim(axis), axis);
  }

  private int[] kept(String value, long extent, int axis) {
    return kept.allIndices(value, axis, Math.toIntExact(extent));
  }

  @Override
  public void attribute(String name, Attribute value) {
    attributes.put(name, value);
  }

  @Override
  public void removeAttribute(String name) {
    attributes.remove(name);
  }

  /** A name that no constant has yet. */
  static String fresh(String stem, Map<String, Tensor> weights) {
    String name = stem;
    for (int i = 2; weights.containsKey(name); i++) {
      name = stem + "." + i;
    }
    return name;
  }

  @Override
  public void constantInput(int input, Tensor value) {
    boolean same = facts.value(input).filter(value::equals).isPresent();
    if (same && !stale.contains(facts.node().input(input))) {
      return;
    }
    replace(input, constant(input, value));
  }

  @Override
  public void integers(int input, PartlyKnown values) {
    long[] known = values.values();
    Shape shape = Shape.of(known.length);
    if (values.isKnown()) {
      constantInput(input, Tensor.ofLongs(shape, known));
      return;
    }
    String old = facts.node().input(input);
    boolean same = PartlyKnown.of(witnesses, input).filter(values::sameKnown).isPresent();
    if (same && !stale.contains(old)) {
      return;
    }
    // open · times · computed / over + known, in operators that every version has.
    long[] open = new long[known.length];
    long[] closed = new long[known.length];
    for (int i = 0; i < open.length; i++) {
      open[i] = values.open()[i] ? values.times()[i] : 0;
      closed[i] = values.open()[i] ? 0 : known[i];
    }
    String computed = old;
    if (facts.type(input).orElse(DataType.INT64) != DataType.INT64) {
      Attribute to = new Attribute.OfInt(DataType.INT64.onnxCode());
      computed = add("Cast", input, Map.of("to", to), computed);
    }
    String kept = constant(input, Tensor.ofLongs(shape, open));
    computed = add("Mul", input, Map.of(), computed, kept);
    if (Arrays.stream(values.over()).anyMatch(divisor -> divisor != 1)) {
      String over = constant(input, Tensor.ofLongs(shape, values.over()));
      computed = add("Div", input, Map.of(), computed, over);
    }
    replace(
        input,
        add("Add", input, Map.of(), computed, constant(input, Tensor.ofLongs(shape, closed))));
  }

  @Override
  public void gatherInput(int input, int axis, int[] indices) {
    long[] positions = Arrays.stream(indices).asLongStream().toArray();
    String order = constant(input, Tensor.ofLongs(Shape.of(positions.length), positions));
    String name = facts.node().output(0) + ".input" + input + "/Gather" + axis;
    added.add(
        new Node(
            name,
            "",
            "Gather",
            List.of(inputs.get(input), order),
            List.of(name),
            Map.of("axis", new Attribute.OfInt(axis))));
    replace(input, name);
  }

  private String add(String opType, int input, Map<String, Attribute> attributes, String... in) {
    String name = facts.node().output(0) + ".input" + input + "/" + opType;
    added.add(new Node(name, "", opType, List.of(in), List.of(name), attributes));
    return name;
  }

  private String constant(int input, Tensor value) {
    String name = fresh(facts.node().output(0) + ".input" + input, weights);
    weights.put(name, value);
    return name;
  }

  private void replace(int input, String name) {
    while (inputs.size() <= input) {
      inputs.add("");
    }
    inputs.set(input, name);
  }
}
