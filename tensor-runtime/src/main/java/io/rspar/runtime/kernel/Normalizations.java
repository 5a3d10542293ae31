package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;

/** Normalising operators. */
final class Normalizations {
  private Normalizations() {}

  /**
   * {@code BatchNormalization} in its inference form; {@link Mode} decides about the statistics. In
   * {@link Mode#TRAIN} the running statistics are changed in place, with the unbiased variance as
   * PyTorch does.
   */
  static Kernel batchNorm(Node node, long opset) {
    float epsilon = node.floatAttribute("epsilon", 1e-5f);
    float momentum = node.floatAttribute("momentum", 0.9f);
    Unsupported.unless(
        node.intAttribute("spatial", 1) == 1, node, "per-activation statistics (spatial = 0)");
    Unsupported.unless(
        node.outputs().stream().skip(1).allMatch(String::isEmpty),
        node,
        "training outputs (statistics as values)");
    return in -> {
      NDArray x = in.array(0);
      if (in.mode() != Mode.COLLECT) {
        boolean training = in.mode() == Mode.TRAIN;
        return apply(in, x, in.array(3), in.array(4), momentum, epsilon, training);
      }
      NDArray mean = in.array(3).zerosLike();
      NDArray variance = in.array(4).onesLike();
      NDList y = apply(in, x, mean, variance, 0, epsilon, true);
      in.statistics().accept(node, mean, variance, x.size() / x.getShape().get(1));
      return y;
    };
  }

  private static NDList apply(
      Operands in,
      NDArray x,
      NDArray mean,
      NDArray variance,
      float momentum,
      float epsilon,
      boolean training) {
    return x.getNDArrayInternal()
        .batchNorm(x, mean, variance, in.array(1), in.array(2), 1, momentum, epsilon, training);
  }

  /** {@code LayerNormalization} over the trailing axes. */
  static Kernel layerNorm(Node node, long opset) {
    float epsilon = node.floatAttribute("epsilon", 1e-5f);
    long axis = node.intAttribute("axis", -1);
    Unsupported.unless(
        node.outputs().stream().skip(1).allMatch(String::isEmpty), node, "statistics as outputs");
    return in -> {
      NDArray x = in.array(0);
      long[] shape = x.getShape().getShape();
      Shape normalized =
          new Shape(Arrays.copyOfRange(shape, Axes.of(axis, shape.length), shape.length));
      NDArray scale = in.array(1);
      NDArray bias = in.has(2) ? in.array(2) : scale.zerosLike();
      return x.getNDArrayInternal().layerNorm(x, normalized, scale, bias, epsilon);
    };
  }

  /** {@code Softmax} and {@code LogSoftmax}; before operator set 13 over all axes from one on. */
  static Kernel softmax(Node node, long opset, boolean log) {
    long axis = node.intAttribute("axis", opset < 13 ? 1 : -1);
    return in -> {
      NDArray x = in.array(0);
      long[] shape = x.getShape().getShape();
      int from = Axes.of(axis, shape.length);
      if (opset >= 13 || from == shape.length - 1) {
        return new NDList(log ? x.logSoftmax(from) : x.softmax(from));
      }
      long rows = 1;
      for (int i = 0; i < from; i++) {
        rows *= shape[i];
      }
      NDArray flat = x.reshape(rows, -1);
      return new NDList((log ? flat.logSoftmax(1) : flat.softmax(1)).reshape(x.getShape()));
    };
  }
}
