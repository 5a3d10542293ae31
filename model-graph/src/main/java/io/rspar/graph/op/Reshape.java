package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.op.Regrouping.Segment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
    if (!canBeWritten(c.witnesses(), c.facts().output(0))) {
      c.keepsElements(1, PartlyKnown.ofExtents(c.facts().output(0)).open());
    }
    Regrouping.couple(c);
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    Shape output = rewrite.newOutput(0);
    if (!canBeWritten(rewrite.witnesses(), output)) {
      Optional<PartlyKnown> given = PartlyKnown.of(rewrite.witnesses(), 1);
      rewrite.integers(
          1, PartlyKnown.ofExtents(given, outputs(rewrite.witnesses()), rewrite.newOutputs(0)));
      return;
    }
    long[] target = target(rewrite.witnesses(), output);
    if (rewrite.facts().node().intsAttribute("shape").isPresent()) {
      rewrite.attribute("shape", new Attribute.OfInts(Arrays.stream(target).boxed().toList()));
    } else {
      rewrite.constantInput(1, Tensor.ofLongs(Shape.of(target.length), target));
    }
  }

  /** Whether there is a target that gives this output whatever the open axes are. */
  private static boolean canBeWritten(List<NodeFacts> witnesses, Shape output) {
    return Arrays.stream(target(witnesses, output)).filter(dim -> dim == -1).count() <= 1;
  }

  /**
   * A target for this output: an open axis is 0 (copied) where it is an axis of the input at the
   * same place, and −1 (computed) elsewhere.
   */
  private static long[] target(List<NodeFacts> witnesses, Shape output) {
    Set<Segment> segments =
        Set.copyOf(
            Regrouping.of(witnesses.stream().map(w -> w.input(0)).toList(), outputs(witnesses))
                .segments());
    long[] dims = output.toArray();
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == Shape.UNKNOWN) {
        boolean copied = segments.contains(new Segment(List.of(i), List.of(i)));
        dims[i] = copied && copiesZeros(witnesses.get(0)) ? 0 : -1;
      }
    }
    return dims;
  }

  private static List<Shape> outputs(List<NodeFacts> witnesses) {
    return witnesses.stream().map(w -> w.output(0)).toList();
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
