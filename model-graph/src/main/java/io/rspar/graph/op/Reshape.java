package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads the same elements in another shape. */
final class Reshape implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Optional<long[]> target = node.integers("shape", 1);
    if (target.isEmpty()) {
      return List.of(ValueFacts.of(node.type(0), Shape.UNRANKED));
    }
    Shape input = node.input(0);
    long[] dims = target.get().clone();
    long known = 1;
    int open = -1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == 0 && copiesZeros(node)) {
        if (i >= input.rank()) {
          throw node.malformed(
              "target " + Arrays.toString(dims) + " copies an axis beyond " + input);
        }
        dims[i] = input.dim(i);
      }
      if (dims[i] == -1 && open < 0) {
        open = i;
      } else if (dims[i] < 0) {
        throw node.malformed("target " + Arrays.toString(dims));
      } else {
        known = Math.multiplyExact(known, dims[i]);
      }
    }
    if (open >= 0) {
      dims[open] = known == 0 ? 0 : input.elements() / known;
    }
    Shape shape = Shape.of(dims);
    if (shape.elements() != input.elements()) {
      throw node.malformed(input + " cannot become " + Arrays.toString(target.get()));
    }
    return List.of(
        node.value(0)
            .filter(Fold::isSmall)
            .map(t -> ValueFacts.of(t.reshaped(shape)))
            .orElse(ValueFacts.of(node.type(0), shape)));
  }

  private static boolean copiesZeros(NodeFacts node) {
    return node.node().intAttribute("allowzero", 0) == 0;
  }

  @Override
  public void couple(Coupling c) {
    if (target(c.witnesses(), c.facts().output(0)).isEmpty()) {
      c.keepsElements(1, PartlyKnown.ofExtents(c.facts().output(0)).open());
    }
    Regrouping.couple(c);
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    Optional<long[]> found = target(rewrite.witnesses(), rewrite.newOutput(0));
    if (found.isEmpty()) {
      rewrite.integers(1, PartlyKnown.ofExtents(rewrite.newOutput(0)));
      return;
    }
    long[] target = found.get();
    if (rewrite.facts().node().intsAttribute("shape").isPresent()) {
      rewrite.attribute("shape", new Attribute.OfInts(Arrays.stream(target).boxed().toList()));
    } else {
      rewrite.constantInput(1, Tensor.ofLongs(Shape.of(target.length), target));
    }
  }

  /**
   * A target that gives this output whatever the open axes are: an open axis is copied from the
   * input where it stands at the same place, and one other may be computed.
   */
  private static Optional<long[]> target(List<NodeFacts> witnesses, Shape output) {
    NodeFacts any = witnesses.get(0);
    long[] dims = output.toArray();
    int computed = 0;
    for (int i = 0; i < dims.length; i++) {
      int axis = i;
      if (dims[i] != Shape.UNKNOWN) {
        continue;
      }
      boolean copied =
          copiesZeros(any)
              && i < any.input(0).rank()
              && witnesses.stream().allMatch(w -> w.input(0).dim(axis) == w.output(0).dim(axis));
      dims[i] = copied ? 0 : -1;
      computed += copied ? 0 : 1;
    }
    return computed > 1 ? Optional.empty() : Optional.of(dims);
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
