package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Interpolates to other extents, given as factors or as the extents themselves. Axes that keep
 * their extent are carried, the others frozen.
 */
final class Resize implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    return List.of(
        shape(node)
            .map(shape -> ValueFacts.of(node.type(0), shape))
            .orElse(ValueFacts.of(node.type(0), Shape.UNRANKED)));
  }

  private static Optional<Shape> shape(NodeFacts node) {
    Shape shape = node.input(0);
    int[] axes = axes(node);
    if (!node.node().stringAttribute("keep_aspect_ratio_policy", "stretch").equals("stretch")) {
      return Optional.empty();
    }
    Optional<long[]> sizes = node.integers(3);
    Optional<double[]> scales = scales(node);
    for (int i = 0; i < axes.length; i++) {
      if (sizes.isPresent() && sizes.get().length == axes.length) {
        shape = shape.withDim(axes[i], sizes.get()[i]);
      } else if (sizes.isEmpty() && scales.isPresent() && scales.get().length == axes.length) {
        long extent = (long) Math.floor(shape.dim(axes[i]) * scales.get()[i]);
        shape = shape.withDim(axes[i], extent);
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(shape);
  }

  /** The axes that sizes and factors are for, in their order. */
  private static int[] axes(NodeFacts node) {
    int rank = node.input(0).rank();
    return node.node()
        .intsAttribute("axes")
        .map(given -> Arrays.stream(given).mapToInt(axis -> node.axis(axis, rank)).toArray())
        .orElseGet(() -> Fold.range(0, rank, 1));
  }

  private static Optional<double[]> scales(NodeFacts node) {
    if (node.node().attributes().get("scales") instanceof Attribute.OfFloats given) {
      return Optional.of(given.values().stream().mapToDouble(Float::doubleValue).toArray());
    }
    return node.value(scalesInput(node))
        .filter(t -> t.type().isFloatingPoint() && Fold.isComputable(t.type()))
        .map(Fold::doubles);
  }

  /** What the output's extents along the given axes are. */
  private static PartlyKnown sizes(NodeFacts node, Shape output) {
    return PartlyKnown.ofExtents(
        Shape.of(Arrays.stream(axes(node)).mapToLong(output::dim).toArray()));
  }

  private static int scalesInput(NodeFacts node) {
    return node.opset() < 11 ? 1 : 2;
  }

  @Override
  public void couple(Coupling c) {
    boolean crops =
        c.facts()
            .node()
            .stringAttribute("coordinate_transformation_mode", "half_pixel")
            .equals("tf_crop_and_resize");
    if (crops) {
      c.freezeAll("it crops");
      c.keepsDescription(3);
      return;
    }
    c.keepsDescription(scalesInput(c.facts()));
    if (c.facts().has(3)) {
      c.keepsElements(3, sizes(c.facts(), c.facts().output(0)).open());
    }
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      int at = axis;
      if (c.facts().has(3) && !c.facts().output(0).isKnown(axis)) {
        c.freeze(c.in(0, axis), "its size is computed");
        c.freeze(c.out(0, axis), "its size is computed");
      } else if (c.witnesses().stream().allMatch(w -> w.input(0).dim(at) == w.output(0).dim(at))) {
        c.unify(c.in(0, axis), c.out(0, axis));
      } else {
        c.freeze(c.in(0, axis), "it is interpolated");
        c.freeze(c.out(0, axis), "it is interpolated");
      }
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    if (rewrite.facts().has(3)) {
      rewrite.integers(3, sizes(rewrite.facts(), rewrite.newOutput(0)));
    }
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input > 0;
  }

  /** Factors and regions are no weights. */
  @Override
  public boolean isParameter(int input) {
    return input == 0;
  }
}
