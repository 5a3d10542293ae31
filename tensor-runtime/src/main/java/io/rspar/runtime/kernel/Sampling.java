package io.rspar.runtime.kernel;

import io.rspar.graph.Node;

/**
 * How {@code Resize} reads an axis between its elements.
 *
 * @param mode nearest, linear or cubic
 * @param coordinates ONNX's {@code coordinate_transformation_mode}
 * @param rounding ONNX's {@code nearest_mode}; "simple" = operator sets before 11
 * @param a coefficient of the cubic kernel (Keys, "Cubic convolution interpolation for digital
 *     image processing", 1981)
 * @param excludeOutside whether cubic weights outside of the axis are left out instead of given to
 *     the border
 * @param antialias whether the kernel widens with the reduction
 * @param extrapolation value outside of the axis, when cropping
 * @param aspect ONNX's {@code keep_aspect_ratio_policy}
 */
record Sampling(
    String mode,
    String coordinates,
    String rounding,
    double a,
    boolean excludeOutside,
    boolean antialias,
    float extrapolation,
    String aspect) {

  static Sampling of(Node node, long opset, boolean upsample) {
    boolean old = upsample || opset < 11;
    String mode = node.stringAttribute("mode", "nearest");
    Unsupported.unless(
        mode.equals("nearest") || mode.equals("linear") || mode.equals("cubic"),
        node,
        "interpolation mode " + mode);
    return new Sampling(
        mode,
        old ? "asymmetric" : node.stringAttribute("coordinate_transformation_mode", "half_pixel"),
        old ? "simple" : node.stringAttribute("nearest_mode", "round_prefer_floor"),
        node.floatAttribute("cubic_coeff_a", -0.75f),
        node.intAttribute("exclude_outside", 0) != 0,
        node.intAttribute("antialias", 0) != 0,
        node.floatAttribute("extrapolation_value", 0),
        node.stringAttribute("keep_aspect_ratio_policy", "stretch"));
  }

  boolean isNearest() {
    return mode.equals("nearest");
  }

  boolean crops() {
    return coordinates.equals("tf_crop_and_resize");
  }

  /** The one scale of all axes that keeps the aspect ratio; 0 where each has its own. */
  float commonScale(long[] sizes, long[] shape, int[] axes) {
    if (aspect.equals("stretch")) {
      return 0;
    }
    boolean smaller = aspect.equals("not_larger");
    float scale = smaller ? Float.MAX_VALUE : 0;
    for (int i = 0; i < axes.length; i++) {
      float own = (float) sizes[i] / (float) shape[axes[i]];
      scale = smaller ? Math.min(scale, own) : Math.max(scale, own);
    }
    return scale;
  }

  /**
   * The position on the input's axis of an output: in float32, as ONNX Runtime computes it, because
   * the nearest element can depend on the last digit.
   */
  float position(int i, float scale, float in, float out, float roiStart, float roiEnd) {
    return switch (coordinates) {
      case "half_pixel" -> (i + 0.5f) / scale - 0.5f;
      case "pytorch_half_pixel" -> out > 1 ? (i + 0.5f) / scale - 0.5f : 0;
      case "half_pixel_symmetric" -> {
        float center = in / 2;
        yield center * (1 - out / (scale * in)) + (i + 0.5f) / scale - 0.5f;
      }
      case "align_corners" -> out == 1 ? 0 : i * (in - 1) / (out - 1);
      case "tf_half_pixel_for_nn" -> (i + 0.5f) / scale;
      case "tf_crop_and_resize" ->
          out > 1
              ? roiStart * (in - 1) + i * (roiEnd - roiStart) * (in - 1) / (out - 1)
              : 0.5f * (roiStart + roiEnd) * (in - 1);
      default -> i / scale;
    };
  }

  /** The elements nearest to positions. */
  long[] nearest(float[] positions, long extent, double scale) {
    long[] indices = new long[positions.length];
    for (int i = 0; i < indices.length; i++) {
      float p = positions[i];
      double rounded =
          switch (rounding) {
            case "floor" -> Math.floor(p);
            case "ceil" -> Math.ceil(p);
            case "round_prefer_ceil" -> Math.floor(p + 0.5f);
            case "simple" -> scale < 1 ? Math.ceil(p) : Math.floor(p);
            default -> Math.ceil(p - 0.5f);
          };
      indices[i] = (long) Math.max(0, Math.min(extent - 1, rounded));
    }
    return indices;
  }

  /**
   * Adds the weights of one output.
   *
   * @param from where the output's row of {@code in} weights begins
   */
  void addWeights(float[] weights, int from, int in, double position, double scale) {
    double stretch = antialias && scale < 1 ? 1 / scale : 1;
    double support = (mode.equals("cubic") ? 2 : 1) * stretch;
    // Positions outside of the axis read its border.
    double at =
        mode.equals("linear") && !antialias ? Math.max(0, Math.min(in - 1, position)) : position;
    long first = (long) Math.floor(at - support) + 1;
    long last = (long) Math.ceil(at + support) - 1;
    double sum = 0;
    for (long j = first; j <= last; j++) {
      double w = kernel((j - at) / stretch);
      if (excludeOutside && (j < 0 || j >= in)) {
        continue;
      }
      sum += w;
      weights[from + (int) Math.max(0, Math.min(in - 1, j))] += (float) w;
    }
    if (excludeOutside || antialias) {
      for (int j = 0; j < in; j++) {
        weights[from + j] /= (float) sum;
      }
    }
  }

  private double kernel(double distance) {
    double d = Math.abs(distance);
    if (mode.equals("linear")) {
      return Math.max(0, 1 - d);
    }
    if (d <= 1) {
      return ((a + 2) * d - (a + 3)) * d * d + 1;
    }
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  }
}
