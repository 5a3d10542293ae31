package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Adds indices before and after those of an axis; a negative amount takes some away. On the channel
 * axis this is the parameter-free shortcut of ResNets for CIFAR-10 (He et al., CVPR 2016, option
 * A): input channels reappear at an offset, and the channels around them belong to the block alone.
 */
final class Pad implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Optional<long[]> pads = pads(node);
    if (pads.isEmpty()) {
      return List.of(ValueFacts.of(node.type(0), Shape.UNRANKED));
    }
    Shape input = node.input(0);
    long[] dims = input.toArray();
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] += pads.get()[axis] + pads.get()[axis + dims.length];
      if (dims[axis] < 0) {
        throw node.malformed(input + " is cut by more than it has along axis " + axis);
      }
    }
    return List.of(ValueFacts.of(node.type(0), Shape.of(dims)));
  }

  /** Amounts for all axes: first those before, then those after. */
  private static Optional<long[]> pads(NodeFacts node) {
    // Version 1 of the operator (attribute "paddings") predates every released exporter.
    Optional<long[]> given = node.integers("pads", 1);
    if (given.isEmpty() || (node.has(3) && node.integers(3).isEmpty())) {
      return Optional.empty();
    }
    int rank = node.input(0).rank();
    long[] axes = node.integers(3).orElse(null);
    int count = axes == null ? rank : axes.length;
    if (given.get().length != 2 * count) {
      throw node.malformed("pads " + Arrays.toString(given.get()) + " for input " + node.input(0));
    }
    if (axes == null) {
      return given;
    }
    long[] pads = new long[2 * rank];
    for (int i = 0; i < count; i++) {
      int axis = node.axis(axes[i], rank);
      pads[axis] = given.get()[i];
      pads[axis + rank] = given.get()[i + count];
    }
    return Optional.of(pads);
  }

  @Override
  public void couple(Coupling c) {
    Optional<PartlyKnown> found = pads(c.witnesses());
    if (found.isEmpty()) {
      c.freezeAll("its axes depend on an open axis");
      c.keepsDescription(1);
      c.keepsDescription(3);
      return;
    }
    long[] pads = found.get().values();
    boolean[] open = found.get().open();
    if (PartlyKnown.of(c.witnesses(), 1).isPresent()) {
      c.keepsElements(1, PartlyKnown.of(c.witnesses(), 1).get().open());
    }
    boolean constant = c.facts().node().stringAttribute("mode", "constant").equals("constant");
    int rank = c.facts().input(0).rank();
    for (int axis = 0; axis < rank; axis++) {
      Axis in = c.in(0, axis);
      Axis out = c.out(0, axis);
      int before = Math.toIntExact(pads[axis]);
      int after = Math.toIntExact(pads[axis + rank]);
      if (open[axis] || open[axis + rank]) {
        c.freeze(in, "it is padded by an open amount");
        c.freeze(out, "it is padded by an open amount");
      } else if (before == 0 && after == 0) {
        c.unify(in, out);
      } else if (in.extent() == Shape.UNKNOWN || !constant) {
        c.freeze(in, "its borders are repeated");
        c.freeze(out, "its borders are repeated");
      } else {
        int from = Math.max(0, -before);
        int to = (int) in.extent() - Math.max(0, -after);
        c.unify(in, from, out, Math.max(0, before), Math.max(0, to - from));
      }
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    Optional<PartlyKnown> found = pads(rewrite.witnesses());
    if (found.isEmpty()) {
      return;
    }
    long[] pads = found.get().values().clone();
    boolean[] open = found.get().open();
    Shape input = rewrite.facts().input(0);
    Shape output = rewrite.facts().output(0);
    for (int axis = 0; axis < input.rank(); axis++) {
      int after = axis + input.rank();
      boolean unchanged = pads[axis] == 0 && pads[after] == 0;
      if (!input.isKnown(axis) || open[axis] || open[after] || unchanged) {
        continue;
      }
      pads[axis] =
          pads[axis] >= 0
              ? below(rewrite.keptOutput(0, axis), pads[axis])
              : -below(rewrite.keptInput(0, axis), -pads[axis]);
      pads[after] =
          pads[after] >= 0
              ? from(rewrite.keptOutput(0, axis), output.dim(axis) - pads[after])
              : -from(rewrite.keptInput(0, axis), input.dim(axis) + pads[after]);
    }
    if (rewrite.facts().node().intsAttribute("pads").isPresent()) {
      rewrite.attribute("pads", new Attribute.OfInts(Arrays.stream(pads).boxed().toList()));
      return;
    }
    PartlyKnown given = PartlyKnown.of(rewrite.witnesses(), 1).orElseThrow();
    int[] axes = axes(rewrite.facts());
    long[] amounts = new long[2 * axes.length];
    for (int i = 0; i < axes.length; i++) {
      amounts[i] = pads[axes[i]];
      amounts[i + axes.length] = pads[axes[i] + input.rank()];
    }
    rewrite.integers(1, new PartlyKnown(amounts, given.open()));
  }

  /** The axes that the amounts are for, in their order. */
  private static int[] axes(NodeFacts node) {
    int rank = node.input(0).rank();
    return node.integers(3)
        .map(given -> Arrays.stream(given).mapToInt(axis -> node.axis(axis, rank)).toArray())
        .orElseGet(() -> Fold.range(0, rank, 1));
  }

  /** Amounts for all axes, of which some may be open; empty if the axes are not known. */
  private static Optional<PartlyKnown> pads(List<NodeFacts> witnesses) {
    long[] first = pads(witnesses.get(0)).orElse(null);
    boolean sameAxes =
        witnesses.stream().map(w -> Arrays.toString(axes(w))).distinct().count() == 1;
    if (first == null || !sameAxes) {
      return Optional.empty();
    }
    boolean[] open = new boolean[first.length];
    for (NodeFacts witness : witnesses) {
      long[] other = pads(witness).orElseThrow();
      for (int i = 0; i < open.length; i++) {
        open[i] |= other[i] != first[i];
      }
    }
    return Optional.of(new PartlyKnown(first, open));
  }

  private static long below(int[] kept, long bound) {
    return Arrays.stream(kept).filter(k -> k < bound).count();
  }

  private static long from(int[] kept, long bound) {
    return Arrays.stream(kept).filter(k -> k >= bound).count();
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1 || input == 3;
  }

  /** The filling value is no weight. */
  @Override
  public boolean isParameter(int input) {
    return input == 0;
  }
}
