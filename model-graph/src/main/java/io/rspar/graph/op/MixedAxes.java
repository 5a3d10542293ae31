package io.rspar.graph.op;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * An operator whose output has the shape of input 0 and whose elements along some axes depend on
 * each other (softmax, cumulative sums): those axes are frozen, the others carried.
 */
final class MixedAxes implements Operator {
  private final Function<NodeFacts, Set<Integer>> mixed;

  MixedAxes(Function<NodeFacts, Set<Integer>> mixed) {
    this.mixed = mixed;
  }

  /**
   * Softmax, LogSoftmax and Hardmax. Before version 13 they normalise over all axes from the given
   * one on, since then over that axis alone.
   */
  static Operator softmax() {
    return new MixedAxes(
        node -> {
          boolean old = node.opset() < 13;
          int axis = axis(node, node.node().intAttribute("axis", old ? 1 : -1));
          return old ? from(axis, node) : Set.of(axis);
        });
  }

  /** An operator along the axis that an attribute names. */
  static Operator alongAttribute(String name, long otherwise) {
    return new MixedAxes(node -> Set.of(axis(node, node.node().intAttribute(name, otherwise))));
  }

  /** An operator along the axis that an input names. */
  static Operator alongInput(int input) {
    return new MixedAxes(
        node ->
            node.integers(input)
                .map(axis -> Set.of(axis(node, axis[0])))
                .orElseGet(() -> from(0, node)));
  }

  /** An operator on the last {@code count} axes. */
  static Operator last(int count) {
    return new MixedAxes(node -> from(node.input(0).rank() - count, node));
  }

  /** An operator along the axes that an attribute lists. */
  static Operator alongAttributes(String name, long... otherwise) {
    return new MixedAxes(
        node -> {
          Set<Integer> axes = new TreeSet<>();
          for (long axis : node.node().intsAttribute(name).orElse(otherwise)) {
            axes.add(axis(node, axis));
          }
          return axes;
        });
  }

  private static int axis(NodeFacts node, long axis) {
    return node.axis(axis, node.input(0).rank());
  }

  private static Set<Integer> from(int axis, NodeFacts node) {
    return new TreeSet<>(IntStream.range(Math.max(0, axis), node.input(0).rank()).boxed().toList());
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    return List.of(ValueFacts.of(node.type(0), node.input(0)));
  }

  @Override
  public void couple(Coupling c) {
    Set<Integer> axes = mixed.apply(c.facts());
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      c.unify(c.in(0, axis), c.out(0, axis));
      if (axes.contains(axis)) {
        c.freeze(c.in(0, axis), "it mixes the indices of the axis");
      }
    }
  }

  /** Settings of these operators are scalars. */
  @Override
  public boolean isParameter(int input) {
    return input == 0;
  }
}
