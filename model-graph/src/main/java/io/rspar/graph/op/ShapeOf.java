package io.rspar.graph.op;

import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * {@code Shape} and {@code Size}: extents as data. The axes it looks at stay free; whoever computes
 * on with the result other than as a description freezes them.
 */
final class ShapeOf implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    if (node.node().opType().equals("Size")) {
      return List.of(ValueFacts.of(Tensor.ofLongs(Shape.of(), input.elements())));
    }
    int rank = input.rank();
    int start = bound(node.node().intAttribute("start", 0), rank);
    int end = bound(node.node().intAttribute("end", rank), rank);
    long[] extents = Arrays.copyOfRange(input.toArray(), Math.min(start, end), end);
    return List.of(ValueFacts.of(Tensor.ofLongs(Shape.of(extents.length), extents)));
  }

  private static int bound(long axis, int rank) {
    return (int) Math.max(0, Math.min(rank, axis < 0 ? axis + rank : axis));
  }

  @Override
  public void couple(Coupling c) {}
}
