package io.rspar.graph.op;

import static io.rspar.graph.Attribute.OfInt;
import static io.rspar.graph.Attribute.OfInts;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A normalisation in single steps, whose statistics are those of the indices that stay: (x − mean)
 * / √(variance + ε), or x / √(mean of squares + ε). Before an affine map, which acts on each index
 * by itself.
 */
final class Statistics {
  /** From this version on the reductions read their axes from an input. */
  private static final long OPSET_WITH_AXES_INPUT = 18;

  private final Masking masking;
  private final int input;
  private final List<Integer> inputAxes;
  private final List<Integer> axes;

  /** Statistics over some axes of input 0, of values of its shape. */
  Statistics(Masking masking, List<Integer> axes) {
    this(masking, 0, axes, axes);
  }

  /**
   * Statistics of values whose shape may differ from the input's.
   *
   * @param input input whose indices stay or do not
   * @param inputAxes its axes; they are aligned with those of the values at the last one
   * @param axes the same axes of the values
   */
  Statistics(Masking masking, int input, List<Integer> inputAxes, List<Integer> axes) {
    this.masking = masking;
    this.input = input;
    this.inputAxes = inputAxes;
    this.axes = axes;
  }

  /**
   * The normalised value.
   *
   * @param x name of the value
   * @param centred whether the mean is subtracted
   */
  String normalise(String x, boolean centred, double epsilon) {
    String shifted = centred ? masking.node("Sub", x, mean(x)) : x;
    String variance = mean(masking.node("Mul", shifted, shifted));
    String deviation = masking.node("Sqrt", masking.node("Add", variance, masking.scalar(epsilon)));
    return masking.node("Div", shifted, deviation);
  }

  /** Scale (input 1) and shift (input 2) with one entry per channel, which is axis 1. */
  static String affine(Masking masking, String unit, int rank) {
    String scaled = masking.node("Mul", unit, perChannel(masking, 1, rank));
    return masking.node("Add", scaled, perChannel(masking, 2, rank));
  }

  private static String perChannel(Masking masking, int input, int rank) {
    long[] dims = new long[rank - 1];
    Arrays.fill(dims, 1);
    dims[0] = masking.facts().input(input).dim(0);
    return masking.node(
        "Reshape",
        masking.facts().node().input(input),
        masking.constant(Tensor.ofLongs(Shape.of(dims.length), dims)));
  }

  private String mean(String x) {
    String kept = masking.masked(x, input, inputAxes, 0);
    OfInts list = new OfInts(axes.stream().map(Integer::longValue).toList());
    Attribute keep = new OfInt(1);
    String mean =
        masking.opset() < OPSET_WITH_AXES_INPUT
            ? masking.node("ReduceMean", Map.of("axes", list, "keepdims", keep), kept)
            : masking.node("ReduceMean", Map.of("keepdims", keep), kept, axesInput());
    return masking.node("Div", mean, masking.scalar(masking.keptShare(input, inputAxes)));
  }

  private String axesInput() {
    long[] values = axes.stream().mapToLong(Integer::longValue).toArray();
    return masking.constant(Tensor.ofLongs(Shape.of(values.length), values));
  }
}
