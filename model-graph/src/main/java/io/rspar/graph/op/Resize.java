package io.rspar.graph.op;

import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
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
    Shape input = node.input(0);
    boolean perAxis =
        node.node().intsAttribute("axes").isPresent()
            || !node.node()
                .stringAttribute("keep_aspect_ratio_policy", "stretch")
                .equals("stretch");
    if (perAxis) {
      return Optional.empty();
    }
    Optional<long[]> sizes = node.integers(3);
    Optional<double[]> scales =
        node.value(scalesInput(node))
            .filter(t -> t.type().isFloatingPoint() && Fold.isComputable(t.type()))
            .map(Fold::doubles);
    if (sizes.isPresent()) {
      return sizes.get().length == input.rank()
          ? Optional.of(Shape.of(sizes.get()))
          : Optional.empty();
    }
    if (scales.isEmpty() || scales.get().length != input.rank()) {
      return Optional.empty();
    }
    long[] dims = input.toArray();
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = (long) Math.floor(dims[axis] * scales.get()[axis]);
    }
    return Optional.of(Shape.of(dims));
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
    if (crops || (c.facts().has(3) && c.facts().integers(3).isEmpty())) {
      c.freezeAll(crops ? "it crops" : "its extents depend on an open axis");
      c.keepsDescription(3);
      return;
    }
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      int at = axis;
      if (c.witnesses().stream().allMatch(w -> w.input(0).dim(at) == w.output(0).dim(at))) {
        c.unify(c.in(0, axis), c.out(0, axis));
      } else {
        c.freeze(c.in(0, axis), "it is interpolated");
        c.freeze(c.out(0, axis), "it is interpolated");
      }
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    if (rewrite.facts().integers(3).isPresent()) {
      long[] sizes = rewrite.newOutput(0).toArray();
      rewrite.constantInput(3, Tensor.ofLongs(Shape.of(sizes.length), sizes));
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
