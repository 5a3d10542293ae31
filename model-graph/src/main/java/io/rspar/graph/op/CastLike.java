package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Tensor;
import java.util.Arrays;
import java.util.List;

/** Converts elements to the type of another value, of which nothing else matters. */
final class CastLike implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    return List.of(
        node.value(0)
            .filter(Fold::isSmall)
            .filter(value -> Fold.isComputable(value.type()))
            .flatMap(value -> node.type(1).filter(Fold::isComputable).map(t -> as(t, value)))
            .map(ValueFacts::of)
            .orElse(ValueFacts.of(node.type(1), node.input(0))));
  }

  private static Tensor as(DataType type, Tensor value) {
    double[] values = Fold.doubles(value);
    return type.isFloatingPoint()
        ? Fold.ofDoubles(type, value.shape(), values)
        : Fold.ofLongs(
            type, value.shape(), Arrays.stream(values).mapToLong(v -> (long) v).toArray());
  }

  @Override
  public void couple(Coupling c) {
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      c.unify(c.in(0, axis), c.out(0, axis));
    }
    Broadcast.declareParameters(c);
  }
}
