package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.stream.IntStream;

/** Reductions over axes: attribute in older operator sets, input in newer ones. */
final class Reductions {
  private Reductions() {}

  /** Reduces one axis and keeps it with extent 1. */
  @FunctionalInterface
  interface OneAxis {
    NDArray reduce(NDArray x, int axis);
  }

  static KernelFactory over(OneAxis step) {
    return (node, opset) -> {
      boolean keep = node.intAttribute("keepdims", 1) != 0;
      boolean noop = node.intAttribute("noop_with_empty_axes", 0) != 0;
      return in -> {
        NDArray x = in.array(0);
        int rank = x.getShape().dimension();
        int[] axes =
            Axes.attributeOrInput(node, in, "axes", 1)
                .filter(a -> a.length > 0)
                .map(a -> Axes.normalized(a, rank))
                .orElseGet(() -> noop ? new int[0] : IntStream.range(0, rank).toArray());
        NDArray result = Axes.alias(x);
        // The engine has no mean over several axes; means of equal parts may be averaged.
        for (int axis : axes) {
          result = step.reduce(result, axis);
        }
        return new NDList(
            keep
                ? result
                : result.reshape(new Shape(Shaping.without(result.getShape().getShape(), axes))));
      };
    };
  }
}
