package io.rspar.graph.op;

import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks up indices along one axis: of a shape, of channels, or of an embedding table. */
final class Gather implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape data = node.input(0);
    Shape indices = node.input(1);
    int axis = axis(node);
    long[] dims = new long[data.rank() - 1 + indices.rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] =
          i < axis
              ? data.dim(i)
              : i < axis + indices.rank()
                  ? indices.dim(i - axis)
                  : data.dim(i - indices.rank() + 1);
    }
    Shape shape = Shape.of(dims);
    Optional<int[]> positions = positions(node);
    if (positions.isPresent() && shape.elements() <= Fold.MAX_ELEMENTS) {
      Optional<Tensor> value = node.value(0).filter(Fold::isSmall);
      if (value.isPresent()) {
        return List.of(ValueFacts.of(value.get().take(axis, positions.get()).reshaped(shape)));
      }
    }
    return List.of(ValueFacts.of(node.type(0), shape));
  }

  private static int axis(NodeFacts node) {
    return node.axis(node.node().intAttribute("axis", 0), node.input(0).rank());
  }

  /** The indices from 0 on, if they are known. */
  private static Optional<int[]> positions(NodeFacts node) {
    Optional<long[]> given = node.integers(1);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    long extent = node.input(0).dim(axis(node));
    int[] positions = new int[given.get().length];
    for (int i = 0; i < positions.length; i++) {
      long position = given.get()[i] < 0 ? given.get()[i] + extent : given.get()[i];
      if (position < 0 || position >= extent) {
        throw node.malformed("index " + given.get()[i] + " on an axis of " + extent);
      }
      positions[i] = (int) position;
    }
    return Optional.of(positions);
  }

  @Override
  public void couple(Coupling c) {
    NodeFacts node = c.facts();
    int axis = axis(node);
    int rankOfIndices = node.input(1).rank();
    boolean mapped =
        rankOfIndices == 1 && node.input(0).isKnown(axis) && node.integers(1).isPresent();
    for (int i = 0; i < node.input(0).rank(); i++) {
      if (i != axis) {
        c.unify(c.in(0, i), c.out(0, i < axis ? i : i + rankOfIndices - 1));
        if (node.isConstant(0) && !node.outputs().get(0).constant()) {
          c.role(c.in(0, i), Role.PRODUCER);
        }
      } else if (!mapped) {
        c.freeze(c.in(0, i), "single indices of it are looked up");
      }
    }
    if (mapped) {
      int[] positions = positions(node).orElseThrow();
      for (int i = 0; i < positions.length; i++) {
        c.unify(c.in(0, axis), positions[i], c.out(0, axis), i, 1);
      }
    } else {
      for (int i = 0; i < rankOfIndices; i++) {
        c.unify(c.in(1, i), c.out(0, axis + i));
      }
      if (c.facts().inputs().get(1).value().isPresent()) {
        c.keepsDescription(1);
      }
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    NodeFacts node = rewrite.facts();
    int axis = axis(node);
    if (node.input(1).rank() != 1 || !node.input(0).isKnown(axis) || node.integers(1).isEmpty()) {
      return;
    }
    int[] positions = positions(node).orElseThrow();
    Map<Integer, Integer> moved = new HashMap<>();
    for (int old : rewrite.keptInput(0, axis)) {
      moved.put(old, moved.size());
    }
    long[] indices =
        Arrays.stream(rewrite.keptOutput(0, axis))
            .mapToLong(o -> moved.get(positions[o]))
            .toArray();
    rewrite.constantInput(1, Tensor.ofLongs(Shape.of(indices.length), indices));
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
