package io.rspar.graph.op;

import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.List;
import java.util.Optional;

/** Broadcasts a value against a target shape. */
final class Expand implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Optional<long[]> target = node.integers(1);
    if (target.isEmpty()) {
      return List.of(ValueFacts.of(node.type(0), Shape.UNRANKED));
    }
    Shape shape = Broadcast.shape(node, List.of(node.input(0), Shape.of(target.get())));
    if (shape.elements() <= Fold.MAX_ELEMENTS && node.value(0).isPresent()) {
      Tensor value = node.value(0).get();
      return List.of(
          ValueFacts.of(Fold.pick(value, shape, Fold.broadcastIndex(value.shape(), shape))));
    }
    return List.of(ValueFacts.of(node.type(0), shape));
  }

  @Override
  public void couple(Coupling c) {
    Broadcast.couple(c, 0, 0);
    PartlyKnown target = target(c.witnesses(), c.facts().output(0));
    c.keepsElements(1, target.open());
    int offset = c.facts().output(0).rank() - target.open().length;
    for (int i = 0; i < target.open().length; i++) {
      if (target.open()[i]) {
        c.freeze(c.out(0, i + offset), "it is expanded to a computed extent");
      }
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    rewrite.integers(1, target(rewrite.witnesses(), rewrite.newOutput(0)));
  }

  /** The target with the extents of the output; where those are open, with its own element. */
  private static PartlyKnown target(List<NodeFacts> witnesses, Shape output) {
    PartlyKnown given = PartlyKnown.of(witnesses, 1).orElseThrow();
    long[] target = given.values().clone();
    int offset = output.rank() - target.length;
    for (int i = 0; i < target.length; i++) {
      if (!given.open()[i] && output.isKnown(i + offset)) {
        target[i] = output.dim(i + offset);
      }
    }
    return new PartlyKnown(target, given.open());
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
