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
    c.keepsElements(0, PartlyKnown.ofExtents(c.facts().output(0)).open());
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    rewrite.integers(0, PartlyKnown.ofExtents(rewrite.newOutput(0)));
  }

  @Override
  public boolean readsAsDescription(int input) {
    return true;
  }
}
