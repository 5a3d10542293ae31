package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.Arrays;

/**
 * The sliding window of a convolution or pooling: extents of its output. Source: the ONNX operator
 * specification of {@code Conv} and {@code MaxPool}.
 */
// Plain arrays: read in inner loops, never compared and never changed.
@SuppressWarnings("ArrayRecordComponent")
record Window(long[] kernel, long[] strides, long[] dilations, long[] pads, String autoPad) {

  /**
   * The window of a node over {@code kernel.length} spatial axes.
   *
   * @throws io.rspar.graph.InvalidModelException MALFORMED if an attribute has another length
   */
  static Window of(NodeFacts node, long[] kernel) {
    int axes = kernel.length;
    return new Window(
        kernel,
        attribute(node, "strides", axes, 1),
        attribute(node, "dilations", axes, 1),
        attribute(node, "pads", 2 * axes, 0),
        node.node().stringAttribute("auto_pad", "NOTSET"));
  }

  private static long[] attribute(NodeFacts node, String name, int length, long otherwise) {
    long[] values =
        node.node()
            .intsAttribute(name)
            .orElseGet(
                () -> {
                  long[] filled = new long[length];
                  Arrays.fill(filled, otherwise);
                  return filled;
                });
    if (values.length != length || Arrays.stream(values).anyMatch(v -> v < otherwise)) {
      throw node.malformed(
          "attribute " + name + " is " + Arrays.toString(values) + " for " + length + " values");
    }
    return values;
  }

  /** Output extent along each spatial axis. */
  long[] slide(NodeFacts node, Shape input, boolean ceil) {
    long[] extents = new long[kernel.length];
    for (int i = 0; i < extents.length; i++) {
      long in = input.dim(i + 2);
      long reach = dilations[i] * (kernel[i] - 1) + 1;
      extents[i] =
          switch (autoPad) {
            case "SAME_UPPER", "SAME_LOWER" -> (in + strides[i] - 1) / strides[i];
            case "VALID" -> (in - reach) / strides[i] + 1;
            default -> positions(in, reach, i, ceil);
          };
      if (extents[i] < 1) {
        throw node.malformed(
            "a window of " + reach + " does not fit into axis " + (i + 2) + " of " + input);
      }
    }
    return extents;
  }

  private long positions(long in, long reach, int i, boolean ceil) {
    long before = pads[i];
    long free = in + before + pads[i + kernel.length] - reach;
    if (free < 0) {
      return 0;
    }
    long positions = free / strides[i] + 1;
    if (ceil && free % strides[i] != 0 && positions * strides[i] < in + before) {
      // A window that starts in the padding behind the input is left out.
      positions++;
    }
    return positions;
  }
}
