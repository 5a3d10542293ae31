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
   * {@code BatchNormalization}; {@link Mode} decides about the statistics. In {@link Mode#TRAIN} the
   * running statistics are changed in place, with the unbiased variance as PyTorch does. A node
   * exported for training always takes those of the batch.
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
    boolean ofBatch = node.intAttribute("training_mode", 0) != 0;
    return in -> {
      NDArray x = in.array(0);
      if (ofBatch) {
        NDArray unused = in.array(3).zerosLike();
        return apply(in, x, unused, in.array(4).onesLike(), 0, epsilon, true);
      }
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

  /** A normalisation over trailing axes, scaled and, unless it is null, shifted. */
  @FunctionalInterface
  interface Scaled {
    NDArray apply(NDArray x, NDArray scale, NDArray shift);
  }

  /** {@code LayerNormalization} over the trailing axes. */
  static Kernel layerNorm(Node node, long opset) {
    return scaled(node, layerNormOf(node, 1e-5f));
  }

  private static Kernel scaled(Node node, Scaled norm) {
    Unsupported.unless(
        node.outputs().stream().skip(1).allMatch(String::isEmpty), node, "statistics as outputs");
    return in -> new NDList(norm.apply(in.array(0), in.array(1), in.arrayOrNull(2)));
  }

  /**
   * Layer normalisation as a node's attributes say.
   *
   * @param otherwise epsilon where the node states none
   */
  static Scaled layerNormOf(Node node, float otherwise) {
    float epsilon = node.floatAttribute("epsilon", otherwise);
    long axis = node.intAttribute("axis", -1);
    return (x, scale, shift) -> {
      long[] shape = x.getShape().getShape();
      Shape normalized =
          new Shape(Arrays.copyOfRange(shape, Axes.of(axis, shape.length), shape.length));
      boolean whole = scale.getShape().equals(normalized);
      if (whole && (shift == null || shift.getShape().equals(normalized))) {
        NDArray bias = shift == null ? scale.zerosLike() : shift;
        return x.getNDArrayInternal()
            .layerNorm(x, normalized, scale, bias, epsilon)
            .singletonOrThrow();
      }
      NDArray result = standardized(x, normalized, epsilon).mul(scale);
      return shift == null ? result : result.add(shift);
    };
  }

  /** Mean 0 and variance 1 over the trailing axes. */
  private static NDArray standardized(NDArray x, Shape normalized, float epsilon) {
    NDArray ones = x.getManager().ones(normalized);
    return x.getNDArrayInternal()
        .layerNorm(x, normalized, ones, ones.zerosLike(), epsilon)
        .singletonOrThrow();
  }

  /** {@code RMSNormalization}: divided by the root of the mean square over the trailing axes. */
  static Kernel rmsNorm(Node node, long opset) {
    return scaled(node, rmsNormOf(node, 1e-5f));
  }

  /**
   * Root-mean-square normalisation as a node's attributes say.
   *
   * @param otherwise epsilon where the node states none
   */
  static Scaled rmsNormOf(Node node, float otherwise) {
    float epsilon = node.floatAttribute("epsilon", otherwise);
    long axis = node.intAttribute("axis", -1);
    return (x, scale, shift) -> {
      NDArray square = x.square();
      int rank = x.getShape().dimension();
      for (int i = Axes.of(axis, rank); i < rank; i++) {
        square = square.mean(new int[] {i}, true);
      }
      return x.div(square.add(epsilon).sqrt()).mul(scale);
    };
  }

  /** {@code InstanceNormalization}: every channel of every example by itself. */
  static Kernel instanceNorm(Node node, long opset) {
    float epsilon = node.floatAttribute("epsilon", 1e-5f);
    return in -> {
      NDArray x = in.array(0);
      return new NDList(scaledPerChannel(grouped(x, x.getShape().get(1), epsilon), in));
    };
  }

  /** {@code GroupNormalization}: one scale per group before operator set 21, per channel since. */
  static Kernel groupNorm(Node node, long opset) {
    float epsilon = node.floatAttribute("epsilon", 1e-5f);
    long groups = node.intAttribute("num_groups", 1);
    return in -> {
      NDArray x = in.array(0);
      NDArray y = grouped(x, groups, epsilon);
      if (opset >= 21) {
        return new NDList(scaledPerChannel(y, in));
      }
      NDArray rows = y.reshape(x.getShape().get(0), groups, -1);
      return new NDList(scaledPerChannel(rows, in).reshape(x.getShape()));
    };
  }

  private static NDArray grouped(NDArray x, long groups, float epsilon) {
    NDArray rows = x.reshape(x.getShape().get(0), groups, -1);
    return standardized(rows, new Shape(rows.getShape().get(2)), epsilon).reshape(x.getShape());
  }

  /** Inputs 1 and 2 are scale and bias of axis 1. */
  private static NDArray scaledPerChannel(NDArray x, Operands in) {
    Shape along = Axes.along(1, x.getShape().dimension(), x.getShape().get(1));
    return x.mul(in.array(1).reshape(along)).add(in.array(2).reshape(along));
  }

  /** {@code LpNormalization}: one axis divided by its norm. */
  static Kernel lpNorm(Node node, long opset) {
    long axis = node.intAttribute("axis", -1);
    long p = node.intAttribute("p", 2);
    return in -> {
      NDArray x = in.array(0);
      int[] axes = {Axes.of(axis, x.getShape().dimension())};
      NDArray norm = Owned.power(Owned.power(x.abs(), p).sum(axes, true), 1.0 / p);
      return new NDList(x.div(norm));
    };
  }

  /** {@code MeanVarianceNormalization}: (x − E[x]) / √(E[x²] − E[x]²). */
  static Kernel meanVarianceNorm(Node node, long opset) {
    long[] axes = node.intsAttribute("axes").orElse(new long[] {0, 2, 3});
    return in -> {
      NDArray x = in.array(0);
      NDArray mean = x;
      int[] positions = Axes.normalized(axes, x.getShape().dimension());
      for (int axis : positions) {
        mean = mean.mean(new int[] {axis}, true);
      }
      NDArray centred = x.sub(mean);
      NDArray variance = centred.square();
      for (int axis : positions) {
        variance = variance.mean(new int[] {axis}, true);
      }
      return new NDList(centred.div(variance.sqrt().add(1e-9f)));
    };
  }

  /** {@code LRN}: divided by a power of the mean square of neighbouring channels. */
  static Kernel localResponseNorm(Node node, long opset) {
    long size = node.intAttribute("size", 1);
    float alpha = node.floatAttribute("alpha", 1e-4f);
    float beta = node.floatAttribute("beta", 0.75f);
    float bias = node.floatAttribute("bias", 1);
    return in -> {
      NDArray x = in.array(0);
      int rank = x.getShape().dimension();
      long[] pads = new long[2 * (rank - 1)];
      pads[pads.length - 2] = (size - 1) / 2;
      pads[pads.length - 1] = size - 1 - (size - 1) / 2;
      NDArray squares = x.square().pad(new Shape(pads), 0);
      long channels = x.getShape().get(1);
      NDArray sum = Axes.stride(squares, 1, 0, channels, 1);
      for (long k = 1; k < size; k++) {
        sum = sum.add(Axes.stride(squares, 1, k, k + channels, 1));
      }
      return new NDList(x.div(Owned.power(Owned.times(sum, alpha / size).add(bias), beta)));
    };
  }

  /** {@code Hardmax}: 1 at the first of the largest, 0 elsewhere. */
  static Kernel hardmax(Node node, long opset) {
    return coerced(
        node, opset, (x, axis) -> Ordering.oneHot(x.argMax(axis), axis, x.getShape().get(axis)));
  }

  static Kernel softmax(Node node, long opset) {
    return coerced(node, opset, NDArray::softmax);
  }

  static Kernel logSoftmax(Node node, long opset) {
    return coerced(node, opset, NDArray::logSoftmax);
  }

  @FunctionalInterface
  private interface OverAxis {
    NDArray apply(NDArray x, int axis);
  }

  /** A function over an axis; before operator set 13 over all axes from one on. */
  private static Kernel coerced(Node node, long opset, OverAxis function) {
    long axis = node.intAttribute("axis", opset < 13 ? 1 : -1);
    return in -> {
      NDArray x = in.array(0);
      long[] shape = x.getShape().getShape();
      int from = Axes.of(axis, shape.length);
      if (opset >= 13 || from == shape.length - 1) {
        return new NDList(function.apply(x, from));
      }
      long rows = 1;
      for (int i = 0; i < from; i++) {
        rows *= shape[i];
      }
      return new NDList(function.apply(x.reshape(rows, -1), 1).reshape(x.getShape()));
    };
  }
}
