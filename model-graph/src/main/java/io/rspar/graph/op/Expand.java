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
    if (!isExpressible(c.facts())) {
      c.freezeAll("its target depends on an open axis");
      c.keepsDescription(1);
    }
  }

  /** Whether open axes come from the input: then the target may say 1 for them. */
  private static boolean isExpressible(NodeFacts node) {
    Shape in = node.input(0);
    Shape out = node.output(0);
    for (int fromEnd = 1; fromEnd <= out.rank(); fromEnd++) {
      if (!out.isKnown(-fromEnd) && (fromEnd > in.rank() || in.isKnown(-fromEnd))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    if (!isExpressible(rewrite.facts())) {
      return;
    }
    long[] target = rewrite.newOutput(0).toArray();
    for (int axis = 0; axis < target.length; axis++) {
      target[axis] = target[axis] == Shape.UNKNOWN ? 1 : target[axis];
    }
    rewrite.constantInput(1, Tensor.ofLongs(Shape.of(target.length), target));
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
