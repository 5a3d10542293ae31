package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * {@code ConvTranspose}: 1-D to 3-D, grouped, dilated. The engine's is not reachable from Java, so
 * it is computed as what it is, a convolution of the input with zeros between its elements by the
 * turned kernel (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016,
 * section 4).
 */
final class TransposedConvolution {
  private TransposedConvolution() {}

  static Kernel bind(Node node, long opset) {
    int groups = (int) node.intAttribute("group", 1);
    return in -> {
      NDArray x = in.array(0);
      NDArray weight = in.array(1);
      Window window = window(node, Window.spatial(weight), Window.spatial(x));
      int axes = window.kernel().length;
      long[] begin = new long[axes];
      long[] end = new long[axes];
      for (int i = 0; i < axes; i++) {
        x = spread(x, i + 2, window.strides()[i]);
        long reach = (window.kernel()[i] - 1) * window.dilations()[i];
        begin[i] = reach - window.begin()[i];
        end[i] = reach - window.end()[i];
      }
      x = Window.pad(x, begin, end, 0);
      return new NDList(
          x.getNDArrayInternal()
              .convolution(
                  x,
                  turned(weight, groups),
                  in.arrayOrNull(2),
                  new Shape(Window.filled(axes, 1)),
                  new Shape(Window.filled(axes, 0)),
                  new Shape(window.dilations()),
                  groups)
              .singletonOrThrow());
    };
  }

  /** The window with the padding that is cut off the full output; added output is negative. */
  private static Window window(Node node, long[] kernel, long[] input) {
    Window window = Window.of(node, kernel, input);
    int axes = kernel.length;
    long[] added = node.intsAttribute("output_padding").orElseGet(() -> new long[axes]);
    long[] wanted = node.intsAttribute("output_shape").orElse(null);
    String auto = node.stringAttribute("auto_pad", "NOTSET");
    long[] begin = window.begin().clone();
    long[] end = window.end().clone();
    for (int i = 0; i < axes; i++) {
      long full =
          window.strides()[i] * (input[i] - 1) + (kernel[i] - 1) * window.dilations()[i] + 1;
      if (wanted != null || auto.startsWith("SAME_")) {
        long extent =
            wanted == null ? input[i] * window.strides()[i] : wanted[wanted.length - axes + i];
        long total = Math.max(0, full + added[i] - extent);
        begin[i] = auto.equals("SAME_UPPER") ? total / 2 : total - total / 2;
        end[i] = total - begin[i] - added[i];
      } else {
        end[i] -= added[i];
      }
    }
    return new Window(kernel, window.strides(), window.dilations(), begin, end);
  }

  /** Puts {@code stride − 1} zeros between neighbours of one axis. */
  private static NDArray spread(NDArray x, int axis, long stride) {
    if (stride == 1) {
      return x;
    }
    long[] shape = x.getShape().getShape();
    NDArray cells = x.reshape(Axes.splice(shape, axis, shape[axis], 1));
    long[] pads = new long[2 * (shape.length - axis)];
    pads[pads.length - 1] = stride - 1;
    NDArray filled = cells.pad(new Shape(pads), 0);
    NDArray joined = filled.reshape(Axes.splice(shape, axis, shape[axis] * stride));
    return Axes.stride(joined, axis, 0, (shape[axis] - 1) * stride + 1, 1);
  }

  /** Cin × Cout/groups × kernel to Cout × Cin/groups × kernel, every kernel axis backwards. */
  private static NDArray turned(NDArray weight, int groups) {
    long[] shape = weight.getShape().getShape();
    int[] spatial = IntStream.range(2, shape.length).toArray();
    Shape split = Axes.splice(shape, 0, groups, shape[0] / groups);
    int[] swap = IntStream.range(0, split.dimension()).toArray();
    swap[1] = 2;
    swap[2] = 1;
    long[] result = Arrays.copyOf(shape, shape.length);
    result[0] = shape[1] * groups;
    result[1] = shape[0] / groups;
    return weight.flip(spatial).reshape(split).transpose(swap).reshape(new Shape(result));
  }
}
