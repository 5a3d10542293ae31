package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;
import java.util.List;

/** Pooling over spatial axes. */
final class Pooling {
  private Pooling() {}

  static Kernel max(Node node, long opset) {
    Unsupported.unless(node.output(1).isEmpty(), node, "the indices output");
    return in -> {
      NDArray x = in.array(0);
      Window window = window(node, x);
      if (!window.isDense()) {
        return new NDList(
            window.places(x, -Float.MAX_VALUE).stream().reduce(NDArray::maximum).orElseThrow());
      }
      if (!isNative(window)) {
        x = Window.pad(x, window.begin(), window.end(), -Float.MAX_VALUE);
        window = unpadded(window);
      }
      return new NDList(
          x.getNDArrayInternal()
              .maxPool(
                  new Shape(window.kernel()),
                  new Shape(window.strides()),
                  new Shape(window.begin()),
                  false));
    };
  }

  static Kernel average(Node node, long opset) {
    boolean countPadding = node.intAttribute("count_include_pad", 0) != 0;
    return in -> {
      NDArray x = in.array(0);
      Window explicit = Window.of(node, kernel(node), Window.spatial(x));
      Window window = window(node, x);
      // The engine counts padding whatever it is told.
      if (isNative(window) && window.isDense() && (countPadding || window.isZero())) {
        return new NDList(average(x, window));
      }
      // Mean over counted positions = mean of the zero-padded values / fraction that is counted.
      NDArray sums = average(Window.pad(x, window.begin(), window.end(), 0), unpadded(window));
      long[] spatial = Window.spatial(x);
      long[] ones = new long[spatial.length + 2];
      Arrays.fill(ones, 1);
      long[] before = window.begin().clone();
      long[] after = window.end().clone();
      for (int i = 0; i < spatial.length; i++) {
        ones[i + 2] = spatial[i];
        if (countPadding) {
          ones[i + 2] += explicit.begin()[i] + explicit.end()[i];
          before[i] -= explicit.begin()[i];
          after[i] -= explicit.end()[i];
        }
      }
      NDArray counted = x.getManager().ones(new Shape(ones));
      return new NDList(sums.div(average(Window.pad(counted, before, after, 0), unpadded(window))));
    };
  }

  private static NDArray average(NDArray x, Window window) {
    if (!window.isDense()) {
      List<NDArray> places = window.places(x, 0);
      return places.stream().reduce(NDArray::add).orElseThrow().div(places.size());
    }
    return x.getNDArrayInternal()
        .avgPool(
            new Shape(window.kernel()),
            new Shape(window.strides()),
            new Shape(window.begin()),
            false,
            true);
  }

  /** {@code LpPool}: (Σ|x|ᵖ)^(1/p) over each window; padding adds nothing. */
  static Kernel lp(Node node, long opset) {
    long p = node.intAttribute("p", 2);
    return in -> {
      NDArray powers = in.array(0).abs().pow(p);
      NDArray sums =
          window(node, powers).places(powers, 0).stream().reduce(NDArray::add).orElseThrow();
      return new NDList(sums.pow(1.0 / p));
    };
  }

  static Kernel globalLp(Node node, long opset) {
    long p = node.intAttribute("p", 2);
    return in -> {
      NDArray x = in.array(0);
      NDArray rows = x.reshape(x.getShape().get(0), x.getShape().get(1), -1);
      return new NDList(perChannel(rows.abs().pow(p).sum(axis2()).pow(1.0 / p), x));
    };
  }

  static NDArray globalAverage(NDArray x) {
    return perChannel(x.reshape(x.getShape().get(0), x.getShape().get(1), -1).mean(axis2()), x);
  }

  static NDArray globalMax(NDArray x) {
    return perChannel(x.reshape(x.getShape().get(0), x.getShape().get(1), -1).max(axis2()), x);
  }

  private static int[] axis2() {
    return new int[] {2};
  }

  /** N×C → N×C×1×…×1 of the rank of {@code like}. */
  private static NDArray perChannel(NDArray values, NDArray like) {
    long[] shape = new long[like.getShape().dimension()];
    Arrays.fill(shape, 1);
    shape[0] = values.getShape().get(0);
    shape[1] = values.getShape().get(1);
    return values.reshape(new Shape(shape));
  }

  private static long[] kernel(Node node) {
    return node.intsAttribute("kernel_shape")
        .orElseThrow(() -> Unsupported.form(node, "no kernel_shape"));
  }

  /** The window with the padding at the end that {@code ceil_mode} asks for. */
  private static Window window(Node node, NDArray x) {
    long[] input = Window.spatial(x);
    Window window = Window.of(node, kernel(node), input);
    if (node.intAttribute("ceil_mode", 0) == 0) {
      return window;
    }
    long[] end = window.end().clone();
    for (int i = 0; i < end.length; i++) {
      long stride = window.strides()[i];
      long padded = input[i] + window.begin()[i] + end[i];
      long reach = (window.kernel()[i] - 1) * window.dilations()[i] + 1;
      long steps = (padded - reach + stride - 1) / stride;
      // A last window that would start in the padding after the input is dropped.
      if (steps * stride >= input[i] + window.begin()[i]) {
        steps--;
      }
      end[i] += Math.max(0, steps * stride + reach - padded);
    }
    return new Window(window.kernel(), window.strides(), window.dilations(), window.begin(), end);
  }

  /** Whether the engine pads this itself: equal on both sides, at most half the window. */
  private static boolean isNative(Window window) {
    boolean small = true;
    for (int i = 0; i < window.kernel().length; i++) {
      small &= 2 * window.begin()[i] <= window.kernel()[i];
    }
    return small && window.isSymmetric();
  }

  private static Window unpadded(Window window) {
    long[] none = Window.filled(window.kernel().length, 0);
    return new Window(window.kernel(), window.strides(), window.dilations(), none, none);
  }
}
