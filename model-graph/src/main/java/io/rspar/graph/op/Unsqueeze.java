package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Inserts axes of extent 1, at places counted in the output. */
final class Unsqueeze implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Optional<long[]> given = node.integers("axes", 1);
    if (given.isEmpty()) {
      return List.of(ValueFacts.of(node.type(0), Shape.UNRANKED));
    }
    SortedSet<Integer> axes = axes(node);
    long[] dims = new long[node.input(0).rank() + axes.size()];
    int source = 0;
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = axes.contains(axis) ? 1 : node.input(0).dim(source++);
    }
    Shape shape = Shape.of(dims);
    return List.of(
        node.value(0)
            .map(t -> ValueFacts.of(t.reshaped(shape)))
            .orElse(ValueFacts.of(node.type(0), shape)));
  }

  private static SortedSet<Integer> axes(NodeFacts node) {
    long[] given = node.integers("axes", 1).orElseThrow();
    SortedSet<Integer> axes = new TreeSet<>();
    int rank = node.input(0).rank() + given.length;
    Arrays.stream(given).forEach(axis -> axes.add(node.axis(axis, rank)));
    if (axes.size() != given.length) {
      throw node.malformed("axes " + Arrays.toString(given) + " repeat one");
    }
    return axes;
  }

  @Override
  public void couple(Coupling c) {
    if (c.facts().has(1)) {
      c.keepsDescription(1);
    }
    SortedSet<Integer> axes = axes(c.witnesses().get(0));
    int source = 0;
    for (int axis = 0; axis < c.facts().output(0).rank(); axis++) {
      if (!axes.contains(axis)) {
        c.unify(c.in(0, source++), c.out(0, axis));
      }
    }
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
