package io.rspar.graph.op;

import java.util.List;

/**
 * Softmax, LogSoftmax and Hardmax. Before version 13 they normalise over all axes from the given
 * one on, since then over that axis alone.
 */
final class Softmax implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    node.axis(firstAxis(node), node.input(0).rank());
    return List.of(ValueFacts.of(node.type(0), node.input(0)));
  }

  private static long firstAxis(NodeFacts node) {
    return node.node().intAttribute("axis", node.opset() < 13 ? 1 : -1);
  }

  @Override
  public void couple(Coupling c) {
    int rank = c.facts().input(0).rank();
    int first = c.facts().axis(firstAxis(c.facts()), rank);
    int last = c.facts().opset() < 13 ? rank - 1 : first;
    for (int axis = 0; axis < rank; axis++) {
      c.unify(c.in(0, axis), c.out(0, axis));
      if (axis >= first && axis <= last) {
        c.freeze(c.in(0, axis), "the normalisation mixes its indices");
      }
    }
  }
}
