package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

/** Merges the axes before the given one, and those from it on, into a matrix. */
final class Flatten implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    long axis = node.node().intAttribute("axis", 1);
    int split = axis == input.rank() ? input.rank() : node.axis(axis, input.rank());
    long rows = 1;
    long columns = 1;
    for (int i = 0; i < input.rank(); i++) {
      if (i < split) {
        rows = Math.multiplyExact(rows, input.dim(i));
      } else {
        columns = Math.multiplyExact(columns, input.dim(i));
      }
    }
    return List.of(ValueFacts.of(node.type(0), Shape.of(rows, columns)));
  }

  @Override
  public void couple(Coupling c) {
    Regrouping.couple(c);
  }
}
