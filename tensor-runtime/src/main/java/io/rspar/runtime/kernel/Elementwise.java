package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;
import java.util.function.BinaryOperator;
import java.util.function.LongBinaryOperator;

/** Functions of several tensors, element by element, with NumPy's broadcasting. */
final class Elementwise {
  private Elementwise() {}

  static KernelFactory binary(BinaryOperator<NDArray> function) {
    return (node, opset) -> {
      Unsupported.unless(opset >= 7, node, "the explicit broadcasting of operator sets before 7");
      return in -> new NDList(function.apply(in.array(0), in.array(1)));
    };
  }

  /** Operators of any number of tensors, such as {@code Max} and {@code Sum}. */
  static KernelFactory variadic(BinaryOperator<NDArray> function) {
    return (node, opset) ->
        in -> {
          NDArray result = Axes.alias(in.array(0));
          for (int i = 1; i < in.count(); i++) {
            result = function.apply(result, in.array(i));
          }
          return new NDList(result);
        };
  }

  /** The mean of any number of tensors. */
  static Kernel mean(Node node, long opset) {
    Kernel sum = variadic(NDArray::add).bind(node, opset);
    return in -> new NDList(Owned.over(sum.run(in).singletonOrThrow(), in.count()));
  }

  /** The remainder with the sign of the divisor, or of the dividend as C's {@code fmod}. */
  static Kernel mod(Node node, long opset) {
    boolean likeDividend = node.intAttribute("fmod", 0) != 0;
    return in -> {
      NDArray a = in.array(0);
      NDArray b = in.array(1);
      if (!likeDividend) {
        return new NDList(a.mod(b));
      }
      NDArray magnitude = a.abs().mod(b.abs());
      return new NDList(magnitude.mul(a.sign()));
    };
  }

  static Kernel isInfinite(Node node, long opset) {
    boolean above = node.intAttribute("detect_positive", 1) != 0;
    boolean below = node.intAttribute("detect_negative", 1) != 0;
    return in -> {
      NDArray x = in.array(0);
      NDArray positive = x.gt(above ? Float.MAX_VALUE : Float.POSITIVE_INFINITY);
      NDArray negative = x.lt(below ? -Float.MAX_VALUE : Float.NEGATIVE_INFINITY);
      return new NDList(positive.logicalOr(negative));
    };
  }

  /** Integers are divided toward zero. */
  static Kernel div(Node node, long opset) {
    return in -> {
      NDArray quotient = in.array(0).div(in.array(1));
      return new NDList(
          in.isInteger(0) ? quotient.trunc().toType(DataType.INT64, false) : quotient);
    };
  }

  static Kernel where(Node node, long opset) {
    return in -> {
      Shape common = Axes.common(in.array(0), in.array(1), in.array(2));
      return new NDList(
          NDArrays.where(
              in.array(0).broadcast(common),
              in.array(1).broadcast(common),
              in.array(2).broadcast(common)));
    };
  }

  static Kernel cast(Node node, long opset) {
    DataType to =
        HostTensors.engineType(
            io.rspar.graph.DataType.ofOnnxCode((int) node.intAttribute("to", 0)));
    return in -> new NDList(as(to, in.array(0)));
  }

  static Kernel castLike(Node node, long opset) {
    return in -> new NDList(as(in.array(1).getDataType(), in.array(0)));
  }

  private static NDArray as(DataType type, NDArray x) {
    // A cast to the type it has would return the operand itself.
    return x.getDataType() == type ? Axes.alias(x) : x.toType(type, true);
  }

  /** Functions of two integers' bits. */
  static KernelFactory bits(LongBinaryOperator function) {
    return (node, opset) ->
        in -> {
          Shape common = Axes.common(in.array(0), in.array(1));
          long[] a = longs(in.array(0), common);
          long[] b = longs(in.array(1), common);
          Arrays.setAll(a, i -> function.applyAsLong(a[i], b[i]));
          return new NDList(in.manager().create(a, common));
        };
  }

  private static long[] longs(NDArray x, Shape common) {
    try (NDArray all = x.toType(DataType.INT64, true).broadcast(common)) {
      return all.toLongArray();
    }
  }
}
