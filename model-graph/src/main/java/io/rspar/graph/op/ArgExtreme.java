package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import java.util.ArrayList;
import java.util.List;

/** ArgMax and ArgMin: positions along one axis, which therefore must not move. */
final class ArgExtreme implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    List<Long> dims = new ArrayList<>();
    int reduced = axis(node);
    for (int axis = 0; axis < node.input(0).rank(); axis++) {
      if (axis != reduced) {
        dims.add(node.input(0).dim(axis));
      } else if (keepsDims(node)) {
        dims.add(1L);
      }
    }
    return List.of(ValueFacts.of(DataType.INT64, Shape.of(dims)));
  }

  private static int axis(NodeFacts node) {
    return node.axis(node.node().intAttribute("axis", 0), node.input(0).rank());
  }

  private static boolean keepsDims(NodeFacts node) {
    return node.node().intAttribute("keepdims", 1) != 0;
  }

  @Override
  public void couple(Coupling c) {
    int reduced = axis(c.facts());
    int target = 0;
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      if (axis == reduced) {
        c.freeze(c.in(0, axis), "its result is a position on the axis");
        target += keepsDims(c.facts()) ? 1 : 0;
      } else {
        c.unify(c.in(0, axis), c.out(0, target++));
      }
    }
  }
}
