package io.rspar.graph.op;

import java.util.List;
import java.util.function.Function;

/**
 * An operator of which only the shapes are known: nothing that touches it is cut, but what lies
 * behind it can be.
 */
final class FixedAxes implements Operator {
  private final Function<NodeFacts, List<ValueFacts>> outputs;
  private final String reason;

  FixedAxes(Function<NodeFacts, List<ValueFacts>> outputs, String reason) {
    this.outputs = outputs;
    this.reason = reason;
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    return outputs.apply(node);
  }

  @Override
  public void couple(Coupling c) {
    c.freezeAll(reason);
  }
}
