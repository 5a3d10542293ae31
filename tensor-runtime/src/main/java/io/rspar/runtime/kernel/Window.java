package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The sliding window of a convolution or pooling node.
 *
 * @param kernel extents of the window
 * @param strides per spatial axis
 * @param dilations per spatial axis
 * @param begin padding before each spatial axis
 * @param end padding after each spatial axis
 */
@SuppressWarnings("ArrayRecordComponent") // Short-lived; the engine takes arrays.
record Window(long[] kernel, long[] strides, long[] dilations, long[] begin, long[] end) {

  /**
   * The window of a node over one input.
   *
   * @param kernel extents of the window
   * @param input extents of the input's spatial axes: what {@code auto_pad} depends on
   */
  static Window of(Node node, long[] kernel, long[] input) {
    int rank = kernel.length;
    long[] strides = node.intsAttribute("strides").orElseGet(() -> filled(rank, 1));
    long[] dilations = node.intsAttribute("dilations").orElseGet(() -> filled(rank, 1));
    long[] pads = node.intsAttribute("pads").orElseGet(() -> filled(2 * rank, 0));
    long[] begin = Arrays.copyOf(pads, rank);
    long[] end = Arrays.copyOfRange(pads, rank, 2 * rank);
    String auto = node.stringAttribute("auto_pad", "NOTSET");
    if (auto.equals("VALID")) {
      begin = filled(rank, 0);
      end = filled(rank, 0);
    } else if (auto.startsWith("SAME_")) {
      for (int i = 0; i < rank; i++) {
        long outputs = (input[i] + strides[i] - 1) / strides[i];
        long window = (kernel[i] - 1) * dilations[i] + 1;
        long total = Math.max(0, (outputs - 1) * strides[i] + window - input[i]);
        long smaller = total / 2;
        begin[i] = auto.equals("SAME_LOWER") ? total - smaller : smaller;
        end[i] = total - begin[i];
      }
    }
    return new Window(kernel, strides, dilations, begin, end);
  }

  boolean isSymmetric() {
    return Arrays.equals(begin, end);
  }

  boolean isZero() {
    return isSymmetric() && Arrays.stream(begin).allMatch(p -> p == 0);
  }

  /** Pads the spatial axes, which are the last ones. */
  static NDArray pad(NDArray x, long[] begin, long[] end, double value) {
    long[] innermostFirst = new long[2 * begin.length];
    for (int i = 0; i < begin.length; i++) {
      innermostFirst[2 * i] = begin[begin.length - 1 - i];
      innermostFirst[2 * i + 1] = end[end.length - 1 - i];
    }
    return x.pad(new Shape(innermostFirst), value);
  }

  /** For each place in the window, in order: what lies there, for all positions of the window. */
  List<NDArray> places(NDArray x, double padding) {
    NDArray padded = pad(x, begin, end, padding);
    List<NDArray> places = List.of(padded);
    for (int i = 0; i < kernel.length; i++) {
      int axis = i + 2;
      long reach = (kernel[i] - 1) * dilations[i];
      long positions = (padded.getShape().get(axis) - reach - 1) / strides[i] + 1;
      List<NDArray> finer = new ArrayList<>();
      for (NDArray place : places) {
        for (long k = 0; k < kernel[i]; k++) {
          long from = k * dilations[i];
          long to = from + (positions - 1) * strides[i] + 1;
          finer.add(Axes.stride(place, axis, from, to, strides[i]));
        }
      }
      places = finer;
    }
    return places;
  }

  boolean isDense() {
    return Arrays.stream(dilations).allMatch(d -> d == 1);
  }

  static long[] filled(int length, long value) {
    long[] values = new long[length];
    Arrays.fill(values, value);
    return values;
  }

  /** Extents of the axes after N and C. */
  static long[] spatial(NDArray x) {
    long[] shape = x.getShape().getShape();
    return Arrays.copyOfRange(shape, 2, shape.length);
  }
}
