package io.rspar.graph.surgery;

import io.rspar.graph.Attribute;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.op.Rewrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Collects what an operator changes in one node; new constants become initialisers. */
final class NodeRewrite implements Rewrite {
  private final NodeFacts facts;
  private final List<NodeFacts> witnesses;
  private final Kept kept;
  private final Map<String, Tensor> weights;
  private final List<String> inputs;
  private final Map<String, Attribute> attributes;

  NodeRewrite(NodeFacts facts, List<NodeFacts> witnesses, Kept kept, Map<String, Tensor> weights) {
    this.facts = facts;
    this.witnesses = witnesses;
    this.kept = kept;
    this.weights = weights;
    this.inputs = new ArrayList<>(facts.node().inputs());
    this.attributes = new TreeMap<>(facts.node().attributes());
  }

  Node result() {
    Node node = facts.node();
    return new Node(node.name(), node.domain(), node.opType(), inputs, node.outputs(), attributes);
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
    String name = fresh(facts.node().output(0) + ".input" + input, weights);
    weights.put(name, value);
    while (inputs.size() <= input) {
      inputs.add("");
    }
    inputs.set(input, name);
  }
}
