package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import java.util.List;
import java.util.Optional;

/** The k largest or smallest elements along one axis, and their positions. */
final class TopK implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Optional<long[]> k = node.has(1) ? node.integers(1) : Optional.of(attribute(node));
    if (k.isEmpty()) {
      return List.of(ValueFacts.UNKNOWN, ValueFacts.UNKNOWN);
    }
    Shape shape = node.input(0).withDim(axis(node), k.get()[0]);
    return List.of(ValueFacts.of(node.type(0), shape), ValueFacts.of(DataType.INT64, shape));
  }

  private static long[] attribute(NodeFacts node) {
    return new long[] {node.node().intAttribute("k", 0)};
  }

  private static int axis(NodeFacts node) {
    return node.axis(node.node().intAttribute("axis", -1), node.input(0).rank());
  }

  @Override
  public void couple(Coupling c) {
    int sorted = axis(c.facts());
    c.keepsDescription(1);
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      if (axis == sorted) {
        c.freeze(c.in(0, axis), "its indices are sorted");
        continue;
      }
      for (int o = 0; o < c.facts().outputs().size(); o++) {
        c.unify(c.in(0, axis), c.out(o, axis));
      }
    }
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
