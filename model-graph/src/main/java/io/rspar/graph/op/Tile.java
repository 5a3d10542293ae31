package io.rspar.graph.op;

import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.List;
import java.util.Optional;

/** Repeats a value along its axes; all repetitions of an index are cut together. */
final class Tile implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Optional<long[]> repeats = node.integers(1);
    if (repeats.isEmpty()) {
      return List.of(ValueFacts.of(node.type(0), Shape.UNRANKED));
    }
    Shape shape = node.input(0);
    if (repeats.get().length != shape.rank()) {
      throw node.malformed(repeats.get().length + " repeats for input " + shape);
    }
    Optional<Tensor> value = node.value(0).filter(Fold::isSmall);
    for (int axis = 0; axis < repeats.get().length; axis++) {
      int extent = Math.toIntExact(shape.dim(axis));
      long count = Math.multiplyExact(extent, repeats.get()[axis]);
      shape = shape.withDim(axis, count);
      int at = axis;
      value =
          value
              .filter(t -> count * t.elements() <= Fold.MAX_ELEMENTS)
              .map(t -> t.take(at, repeated(extent, (int) count)));
    }
    Shape result = shape;
    return List.of(value.map(ValueFacts::of).orElseGet(() -> ValueFacts.of(node.type(0), result)));
  }

  private static int[] repeated(int extent, int count) {
    int[] indices = new int[count];
    for (int i = 0; i < count; i++) {
      indices[i] = i % extent;
    }
    return indices;
  }

  @Override
  public void couple(Coupling c) {
    c.keepsDescription(1);
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      Axis in = c.in(0, axis);
      Axis out = c.out(0, axis);
      if (in.extent() == Shape.UNKNOWN || out.extent() == Shape.UNKNOWN) {
        c.freeze(in, "it is repeated along an open axis");
        c.freeze(out, "it is repeated along an open axis");
        continue;
      }
      for (int from = 0; from < out.extent(); from += (int) in.extent()) {
        c.unify(in, 0, out, from, (int) in.extent());
      }
    }
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
