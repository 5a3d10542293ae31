package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Reductions over axes: attribute in older operator sets, input in newer ones. */
final class Reductions {
  private Reductions() {}

  /** Reduces one axis and keeps it with extent 1. */
  @FunctionalInterface
  interface OneAxis {
    NDArray reduce(NDArray x, int axis);
  }

  /** One axis after the other. */
  static KernelFactory over(OneAxis step) {
    return over(UnaryOperator.identity(), step, UnaryOperator.identity());
  }

  /**
   * One axis after the other, between two functions of each element.
   *
   * @param before applied to the operand
   * @param after applied to the result
   */
  static KernelFactory over(
      UnaryOperator<NDArray> before, OneAxis step, UnaryOperator<NDArray> after) {
    return (node, opset) -> {
      boolean keep = node.intAttribute("keepdims", 1) != 0;
      return in -> {
        NDArray x = in.array(0);
        int[] axes = axes(node, in, x.getShape().dimension());
        NDArray result = before.apply(Axes.alias(x));
        // The engine has no mean over several axes; means of equal parts may be averaged.
        for (int axis : axes) {
          result = step.reduce(result, axis);
        }
        return new NDList(shaped(after.apply(result), axes, keep));
      };
    };
  }

  /** log Σ exp, shifted by the maximum so that nothing overflows. */
  static Kernel logSumExp(Node node, long opset) {
    boolean keep = node.intAttribute("keepdims", 1) != 0;
    return in -> {
      NDArray x = in.array(0);
      int[] axes = axes(node, in, x.getShape().dimension());
      NDArray shift = x.stopGradient();
      for (int axis : axes) {
        shift = shift.max(new int[] {axis}, true);
      }
      NDArray sum = x.sub(shift).exp();
      for (int axis : axes) {
        sum = sum.sum(new int[] {axis}, true);
      }
      return new NDList(shaped(sum.log().add(shift), axes, keep));
    };
  }

  private static int[] axes(Node node, Operands in, int rank) {
    boolean noop = node.intAttribute("noop_with_empty_axes", 0) != 0;
    return Axes.attributeOrInput(node, in, "axes", 1)
        .filter(a -> a.length > 0)
        .map(a -> Axes.normalized(a, rank))
        .orElseGet(() -> noop ? new int[0] : IntStream.range(0, rank).toArray());
  }

  private static NDArray shaped(NDArray result, int[] axes, boolean keep) {
    return keep
        ? result
        : result.reshape(new Shape(Shaping.without(result.getShape().getShape(), axes)));
  }
}
