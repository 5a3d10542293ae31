package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

/** Joins values along one axis. */
final class Concat implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    if (node.inputs().isEmpty()) {
      throw node.malformed("no input");
    }
    int axis = axis(node);
    Shape shape = node.input(0);
    long extent = 0;
    for (int i = 0; i < node.inputs().size(); i++) {
      Shape input = node.input(i);
      if (input.rank() != shape.rank() || !input.withDim(axis, 0).equals(shape.withDim(axis, 0))) {
        throw node.malformed(input + " cannot be joined to " + shape + " along axis " + axis);
      }
      extent = Math.addExact(extent, input.dim(axis));
    }
    Shape joined = shape.withDim(axis, extent);
    return List.of(
        Fold.all(node.inputs())
            .filter(all -> joined.elements() > 0 && joined.elements() <= Fold.MAX_ELEMENTS)
            .map(all -> ValueFacts.of(Fold.concat(all, axis, joined)))
            .orElse(ValueFacts.of(node.type(0), joined)));
  }

  private static int axis(NodeFacts node) {
    return node.axis(
        node.node().intAttribute("axis", node.opset() < 4 ? 1 : 0), node.input(0).rank());
  }

  @Override
  public void couple(Coupling c) {
    int joined = axis(c.facts());
    boolean open = !c.facts().output(0).isKnown(joined);
    int offset = 0;
    for (int i = 0; i < c.facts().inputs().size(); i++) {
      Shape input = c.facts().input(i);
      for (int axis = 0; axis < input.rank(); axis++) {
        if (axis != joined) {
          c.unify(c.in(i, axis), c.out(0, axis));
        } else if (open) {
          c.freeze(c.in(i, axis), "it is joined to an open axis");
        } else {
          c.unify(c.in(i, axis), 0, c.out(0, axis), offset, (int) input.dim(axis));
          offset += (int) input.dim(axis);
        }
      }
    }
    Broadcast.declareParameters(c);
  }
}
