package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.DataType;
import io.rspar.graph.Node;

/**
 * {@code QuantizeLinear} and {@code DequantizeLinear}. Quantised values are whole numbers in
 * float32, so that gradients pass through rounding as if it were not there, and stop where values
 * saturate (the straight-through estimator of Bengio et al., arXiv 1308.3432).
 */
final class Quantization {
  private Quantization() {}

  /** round(x/scale) + zero point, within the limits of the type. */
  static Kernel quantize(Node node, long opset) {
    requireWholeAxes(node);
    return in -> {
      DataType type = type(node, in);
      NDArray scaled = in.array(0).div(along(in, 1, node));
      NDArray zero = in.has(2) ? along(in, 2, node) : null;
      NDArray whole = scaled.add(scaled.round().sub(scaled).stopGradient());
      NDArray shifted = zero == null ? whole : whole.add(zero);
      return new NDList(shifted.clip(least(node, type), most(node, type)));
    };
  }

  /** (x − zero point) · scale. */
  static Kernel dequantize(Node node, long opset) {
    requireWholeAxes(node);
    return in -> {
      NDArray x = in.array(0).toType(ai.djl.ndarray.types.DataType.FLOAT32, false);
      return new NDList((in.has(2) ? x.sub(along(in, 2, node)) : x).mul(along(in, 1, node)));
    };
  }

  private static void requireWholeAxes(Node node) {
    Unsupported.unless(node.intAttribute("block_size", 0) == 0, node, "scales of blocks");
  }

  private static DataType type(Node node, Operands in) {
    long stated = node.intAttribute("output_dtype", 0);
    if (stated != 0) {
      return DataType.ofOnnxCode((int) stated);
    }
    if (!in.has(2)) {
      return DataType.UINT8;
    }
    return in.constant(node.input(2))
        .orElseThrow(() -> Unsupported.form(node, "a computed zero point"))
        .type();
  }

  private static int least(Node node, DataType type) {
    return switch (type) {
      case UINT8, UINT16 -> 0;
      case INT8 -> Byte.MIN_VALUE;
      case INT16 -> Short.MIN_VALUE;
      default -> throw Unsupported.form(node, "the type " + type);
    };
  }

  private static int most(Node node, DataType type) {
    return switch (type) {
      case UINT8 -> 255;
      case UINT16 -> 65_535;
      case INT8 -> Byte.MAX_VALUE;
      case INT16 -> Short.MAX_VALUE;
      default -> throw Unsupported.form(node, "the type " + type);
    };
  }

  /** One number, or one per index of the axis, as float32 that broadcasts. */
  private static NDArray along(Operands in, int input, Node node) {
    NDArray values = in.array(input).toType(ai.djl.ndarray.types.DataType.FLOAT32, false);
    if (values.size() == 1) {
      return values.reshape(new Shape());
    }
    int rank = in.array(0).getShape().dimension();
    int axis = Axes.of(node.intAttribute("axis", 1), rank);
    return values.reshape(Axes.along(axis, rank, values.size()));
  }
}
