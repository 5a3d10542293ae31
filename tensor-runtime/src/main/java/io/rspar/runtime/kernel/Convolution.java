package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;

/** {@code Conv}: 1-D to 3-D, grouped, dilated, with any padding. */
final class Convolution {
  private Convolution() {}

  static Kernel bind(Node node, long opset) {
    int groups = (int) node.intAttribute("group", 1);
    return in -> {
      NDArray x = in.array(0);
      NDArray weight = in.array(1);
      Window window = Window.of(node, Window.spatial(weight), Window.spatial(x));
      long[] padding = window.begin();
      long[] strides = window.strides();
      if (!window.isSymmetric() || (isPointwise(window) && !window.isZero())) {
        x = Window.pad(x, window.begin(), window.end(), 0);
        padding = Window.filled(padding.length, 0);
      }
      if (isPointwise(window)) {
        // oneDNN divides by zero in the backward pass of some strided 1×1 convolutions.
        for (int i = 0; i < strides.length; i++) {
          if (strides[i] > 1) {
            x = Axes.stride(x, i + 2, 0, x.getShape().get(i + 2), strides[i]);
          }
        }
        strides = Window.filled(strides.length, 1);
      }
      return new NDList(
          x.getNDArrayInternal()
              .convolution(
                  x,
                  weight,
                  in.arrayOrNull(2),
                  new Shape(strides),
                  new Shape(padding),
                  new Shape(window.dilations()),
                  groups)
              .singletonOrThrow());
    };
  }

  private static boolean isPointwise(Window window) {
    return Arrays.stream(window.kernel()).allMatch(k -> k == 1);
  }
}
