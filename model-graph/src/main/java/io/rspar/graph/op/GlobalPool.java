package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.Arrays;
import java.util.List;

/** GlobalAveragePool, GlobalMaxPool and GlobalLpPool: one value per example and channel. */
final class GlobalPool implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    if (input.rank() < 3) {
      throw node.malformed("input " + input + " has no spatial axis");
    }
    long[] dims = input.toArray();
    Arrays.fill(dims, 2, dims.length, 1);
    return List.of(ValueFacts.of(node.type(0), Shape.of(dims)));
  }

  @Override
  public void couple(Coupling c) {
    Spatial.couple(c);
  }
}
