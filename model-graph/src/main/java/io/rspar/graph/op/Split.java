package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Divides a value into parts along one axis. */
final class Split implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    int axis = axis(node);
    Optional<long[]> sizes = sizes(node, axis);
    if (sizes.isEmpty()) {
      return node.node().outputs().stream().map(o -> ValueFacts.UNKNOWN).toList();
    }
    long extent = node.input(0).dim(axis);
    if (sizes.get().length != node.node().outputs().size()
        || Arrays.stream(sizes.get()).sum() != extent) {
      throw node.malformed(
          "parts of " + Arrays.toString(sizes.get()) + " do not divide " + node.input(0));
    }
    Optional<Tensor> value = node.value(0).filter(Fold::isSmall);
    List<ValueFacts> parts = new ArrayList<>();
    int start = 0;
    for (long size : sizes.get()) {
      int[] indices = Fold.range(start, Math.toIntExact(size), 1);
      parts.add(
          value
              .map(t -> ValueFacts.of(t.take(axis, indices)))
              .orElse(ValueFacts.of(node.type(0), node.input(0).withDim(axis, size))));
      start += indices.length;
    }
    return parts;
  }

  private static int axis(NodeFacts node) {
    return node.axis(node.node().intAttribute("axis", 0), node.input(0).rank());
  }

  /** Given sizes, or equal parts of which the last may be smaller. */
  private static Optional<long[]> sizes(NodeFacts node, int axis) {
    if (node.has(1) || node.node().intsAttribute("split").isPresent()) {
      return node.integers("split", 1);
    }
    int parts = node.node().outputs().size();
    long extent = node.input(0).dim(axis);
    long size = (extent + parts - 1) / parts;
    return Optional.of(
        IntStream.range(0, parts)
            .mapToLong(i -> Math.max(0, Math.min(size, extent - i * size)))
            .toArray());
  }

  @Override
  public void couple(Coupling c) {
    int split = axis(c.facts());
    for (int o = 0; o < c.facts().outputs().size(); o++) {
      for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
        if (axis != split) {
          c.unify(c.in(0, axis), c.out(o, axis));
        }
      }
    }
    if (!c.facts().input(0).isKnown(split)) {
      return;
    }
    int offset = 0;
    for (int o = 0; o < c.facts().outputs().size(); o++) {
      int size = (int) c.facts().output(o).dim(split);
      c.unify(c.in(0, split), offset, c.out(o, split), 0, size);
      offset += size;
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    int axis = axis(rewrite.facts());
    if (!rewrite.facts().input(0).isKnown(axis)) {
      return;
    }
    long[] sizes =
        IntStream.range(0, rewrite.facts().outputs().size())
            .mapToLong(o -> rewrite.newOutput(o).dim(axis))
            .toArray();
    if (rewrite.facts().opset() < 13) {
      rewrite.attribute("split", new Attribute.OfInts(Arrays.stream(sizes).boxed().toList()));
    } else {
      rewrite.constantInput(1, Tensor.ofLongs(Shape.of(sizes.length), sizes));
      // The standard allows either the number of parts or their sizes.
      rewrite.removeAttribute("num_outputs");
    }
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
