package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.function.BinaryOperator;

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
      Shape shape = broadcast(in.array(0).getShape(), in.array(1).getShape());
      shape = broadcast(shape, in.array(2).getShape());
      // The engine's own broadcasting does not reach the condition.
      return new NDList(
          NDArrays.where(
              in.array(0).broadcast(shape),
              in.array(1).broadcast(shape),
              in.array(2).broadcast(shape)));
    };
  }

  /** The shape that two shapes broadcast to; axes are matched from the last. */
  private static Shape broadcast(Shape a, Shape b) {
    long[] dims = new long[Math.max(a.dimension(), b.dimension())];
    for (int i = 1; i <= dims.length; i++) {
      long x = i <= a.dimension() ? a.get(a.dimension() - i) : 1;
      long y = i <= b.dimension() ? b.get(b.dimension() - i) : 1;
      dims[dims.length - i] = x == 1 ? y : x;
    }
    return new Shape(dims);
  }

  static Kernel cast(Node node, long opset) {
    DataType to =
        HostTensors.engineType(
            io.rspar.graph.DataType.ofOnnxCode((int) node.intAttribute("to", 0)));
    return in -> {
      NDArray x = in.array(0);
      // A cast to the type it has would return the operand itself.
      return new NDList(x.getDataType() == to ? Axes.alias(x) : x.toType(to, true));
    };
  }
}
