package io.rspar.graph.coupling;

import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.op.Operators;
import io.rspar.graph.op.ValueFacts;
import io.rspar.graph.shape.Shapes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * From which extents each element of shape arithmetic is computed. An exporter writes the target of
 * a reshape by reading all extents of a value and picking some; what has not been picked may be
 * cut.
 */
final class ExtentSources {
  /** Longer vectors are no shapes; their elements are not told apart. */
  private static final int MAX_ELEMENTS = 1024;

  /** An extent that was read: of one axis of a value. */
  record Extent(String value, int axis) {}

  private final Shapes shapes;
  private final Map<String, Node> writers = new HashMap<>();
  private final Map<String, List<Set<Extent>>> known = new HashMap<>();

  ExtentSources(Shapes shapes) {
    this.shapes = shapes;
  }

  /** Registers a node of shape arithmetic; the nodes that it reads from come before it. */
  void add(Node node) {
    for (String output : node.outputs()) {
      if (!output.isEmpty()) {
        writers.put(output, node);
        known.put(output, sources(node, output));
      }
    }
  }

  /** The extents from which one element is computed. */
  Set<Extent> of(String value, int element) {
    List<Set<Extent>> all = known.getOrDefault(value, List.of());
    return element < all.size() ? all.get(element) : Set.of();
  }

  /** The extents from which any element is computed. */
  Set<Extent> of(String value) {
    Set<Extent> union = new LinkedHashSet<>();
    known.getOrDefault(value, List.of()).forEach(union::addAll);
    return union;
  }

  private List<Set<Extent>> sources(Node node, String output) {
    NodeFacts facts = shapes.witnesses(node).get(0);
    int count =
        facts.outputs().get(node.outputs().indexOf(output)).value().orElseThrow().elements();
    if (count <= MAX_ELEMENTS) {
      switch (node.opType()) {
        case "Shape":
          return extents(facts, count);
        case "Cast", "Identity":
          return known.getOrDefault(node.input(0), List.of());
        case "Gather", "Slice", "Split", "Squeeze", "Unsqueeze", "Reshape", "Transpose", "Expand":
          return moved(facts, output, 1);
        case "Concat":
          return moved(facts, output, node.inputs().size());
        case "Add", "Sub", "Mul", "Div", "Mod", "Min", "Max", "Equal", "Less", "Greater", "Where":
          if (isElementByElement(facts, count)) {
            return elementByElement(node, facts, count);
          }
          break;
        default:
          break;
      }
    }
    Set<Extent> all = new LinkedHashSet<>();
    if (node.opType().equals("Shape") || node.opType().equals("Size")) {
      for (int axis = 0; axis < facts.input(0).rank(); axis++) {
        all.add(new Extent(node.input(0), axis));
      }
    }
    node.inputs().forEach(input -> all.addAll(of(input)));
    return Collections.nCopies(count, all);
  }

  private static boolean isElementByElement(NodeFacts facts, int count) {
    return facts.inputs().stream()
        .allMatch(
            input ->
                input.shape().rank() <= 1
                    && (input.shape().elements() == 1 || input.shape().elements() == count));
  }

  /** An element of the result comes from the elements at the same place. */
  private List<Set<Extent>> elementByElement(Node node, NodeFacts facts, int count) {
    List<Set<Extent>> sources = new ArrayList<>();
    for (int e = 0; e < count; e++) {
      Set<Extent> all = new LinkedHashSet<>();
      for (int i = 0; i < node.inputs().size(); i++) {
        boolean stretched = facts.input(i).elements() == 1;
        all.addAll(of(node.input(i), stretched ? 0 : e));
      }
      sources.add(all);
    }
    return sources;
  }

  private static List<Set<Extent>> extents(NodeFacts shape, int count) {
    int rank = shape.input(0).rank();
    long start = shape.node().intAttribute("start", 0);
    int first = (int) Math.max(0, Math.min(rank, start < 0 ? start + rank : start));
    List<Set<Extent>> extents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      extents.add(Set.of(new Extent(shape.node().input(0), first + i)));
    }
    return extents;
  }

  /**
   * Sources of a node that only moves elements: it moves their numbers as well.
   *
   * @param data number of inputs whose elements are moved; the others say how
   */
  private List<Set<Extent>> moved(NodeFacts facts, String output, int data) {
    Node node = facts.node();
    List<Set<Extent>> numbered = new ArrayList<>();
    Set<Extent> how = new LinkedHashSet<>();
    List<ValueFacts> inputs = new ArrayList<>(facts.inputs());
    for (int i = 0; i < inputs.size(); i++) {
      if (i >= data) {
        how.addAll(of(node.input(i)));
        continue;
      }
      Shape shape = inputs.get(i).shape();
      long[] numbers = new long[Math.toIntExact(shape.elements())];
      for (int e = 0; e < numbers.length; e++) {
        numbers[e] = numbered.size();
        numbered.add(of(node.input(i), e));
      }
      inputs.set(i, ValueFacts.of(Tensor.ofLongs(shape, numbers)));
    }
    NodeFacts renumbered = new NodeFacts(node, facts.opset(), inputs, facts.outputs());
    long[] from =
        Operators.of(node)
            .infer(renumbered)
            .get(node.outputs().indexOf(output))
            .value()
            .orElseThrow()
            .toLongs();
    List<Set<Extent>> moved = new ArrayList<>();
    for (long number : from) {
      Set<Extent> extents = new LinkedHashSet<>(numbered.get((int) number));
      extents.addAll(how);
      moved.add(extents);
    }
    return moved;
  }
}
