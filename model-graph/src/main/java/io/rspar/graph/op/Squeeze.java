package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Drops axes of extent 1: the given ones, or all of them. */
final class Squeeze implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Optional<SortedSet<Integer>> axes = axes(node);
    if (axes.isEmpty()) {
      return List.of(ValueFacts.of(node.type(0), Shape.UNRANKED));
    }
    List<Long> dims = new ArrayList<>();
    for (int axis = 0; axis < node.input(0).rank(); axis++) {
      if (!axes.get().contains(axis)) {
        dims.add(node.input(0).dim(axis));
      } else if (node.input(0).dim(axis) != 1) {
        throw node.malformed("axis " + axis + " of " + node.input(0) + " is not of extent 1");
      }
    }
    Shape shape = Shape.of(dims);
    return List.of(
        node.value(0)
            .map(t -> ValueFacts.of(t.reshaped(shape)))
            .orElse(ValueFacts.of(node.type(0), shape)));
  }

  private static Optional<SortedSet<Integer>> axes(NodeFacts node) {
    Shape input = node.input(0);
    SortedSet<Integer> axes = new TreeSet<>();
    if (node.has(1) || node.node().intsAttribute("axes").isPresent()) {
      Optional<long[]> given = node.integers("axes", 1);
      if (given.isEmpty()) {
        return Optional.empty();
      }
      Arrays.stream(given.get()).forEach(axis -> axes.add(node.axis(axis, input.rank())));
    } else {
      for (int axis = 0; axis < input.rank(); axis++) {
        if (input.dim(axis) == 1) {
          axes.add(axis);
        }
      }
    }
    return Optional.of(axes);
  }

  @Override
  public void couple(Coupling c) {
    SortedSet<Integer> axes = axes(c.witnesses().get(0)).orElseThrow();
    int target = 0;
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      if (axes.contains(axis)) {
        c.freeze(c.in(0, axis), "its only index is needed");
      } else {
        c.unify(c.in(0, axis), c.out(0, target++));
      }
    }
  }

  /** Names the axes, since a cut may leave another axis with the extent 1. */
  @Override
  public void rewrite(Rewrite rewrite) {
    long[] axes =
        axes(rewrite.witnesses().get(0)).orElseThrow().stream().mapToLong(a -> a).toArray();
    if (rewrite.facts().opset() < 13) {
      rewrite.attribute("axes", new Attribute.OfInts(Arrays.stream(axes).boxed().toList()));
    } else {
      rewrite.constantInput(1, Tensor.ofLongs(Shape.of(axes.length), axes));
    }
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
