package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.List;
import java.util.Optional;

/** A tensor of a given shape, filled with one value. */
final class ConstantOfShape implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Tensor fill = node.node().tensorAttribute("value").orElse(Tensor.ofFloats(Shape.of(1), 0f));
    Optional<long[]> target = node.integers(0);
    if (target.isEmpty()) {
      return List.of(ValueFacts.of(fill.type(), Shape.UNRANKED));
    }
    Shape shape = Shape.of(target.get());
    // Only what shape arithmetic goes on with; a filled activation stays data.
    if (fill.type() != DataType.FLOAT && shape.elements() <= Fold.MAX_ELEMENTS) {
      return List.of(
          ValueFacts.of(Fold.pick(fill, shape, new int[Math.toIntExact(shape.elements())])));
    }
    return List.of(ValueFacts.of(fill.type(), shape));
  }

  @Override
  public void couple(Coupling c) {
    if (c.facts().integers(0).isEmpty()) {
      c.freezeAll("its shape depends on an open axis");
      c.keepsDescription(0);
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    if (rewrite.facts().integers(0).isPresent()) {
      long[] target = rewrite.newOutput(0).toArray();
      rewrite.constantInput(0, Tensor.ofLongs(Shape.of(target.length), target));
    }
  }

  @Override
  public boolean readsAsDescription(int input) {
    return true;
  }
}
