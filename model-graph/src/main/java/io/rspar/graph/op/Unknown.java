package io.rspar.graph.op;

import java.util.Collections;
import java.util.List;

/** Stands for every operator that R-SPAR does not understand: nothing that touches it is cut. */
final class Unknown implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    return Collections.nCopies(node.node().outputs().size(), ValueFacts.UNKNOWN);
  }

  @Override
  public void couple(Coupling coupling) {
    coupling.freezeAll("the operator is not understood");
  }
}
