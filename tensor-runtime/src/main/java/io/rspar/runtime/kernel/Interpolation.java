package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Attribute;
import io.rspar.graph.Node;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * {@code Resize} and {@code Upsample}: every axis by itself, as a product with a matrix of
 * interpolation weights (nearest: by picking), so that gradients come with it.
 */
final class Interpolation {
  private Interpolation() {}

  /**
   * One axis: how it is stretched.
   *
   * @param scale output extent ÷ input extent, as the node says it
   * @param roiStart start of the region of interest, as a fraction of the extent
   * @param roiEnd its end
   */
  private record Stretch(long in, long out, float scale, float roiStart, float roiEnd) {
    /** Also where a region is given: ONNX Runtime does not look at it on an axis of scale 1. */
    boolean isIdentity() {
      return in == out && scale == 1;
    }
  }

  static Kernel bind(Node node, long opset) {
    boolean upsample = node.opType().equals("Upsample");
    Sampling sampling = Sampling.of(node, opset, upsample);
    int scales = upsample || opset < 11 ? 1 : 2;
    return in -> {
      NDArray x = in.array(0);
      int rank = x.getShape().dimension();
      Stretch[] axes = stretches(node, in, x.getShape().getShape(), scales, sampling);
      NDArray result = Axes.alias(x);
      NDArray outside = null;
      for (int axis = 0; axis < rank; axis++) {
        Stretch stretch = axes[axis];
        if (stretch.isIdentity()) {
          continue;
        }
        float[] positions = positions(stretch, sampling);
        result =
            sampling.isNearest()
                ? Axes.pick(result, axis, sampling.nearest(positions, stretch.in, stretch.scale))
                : mix(result, axis, weights(sampling, positions, stretch));
        if (sampling.crops()) {
          outside = outside(outside, in, axis, rank, positions, stretch.in);
        }
      }
      if (outside != null) {
        NDArray value = result.zerosLike().add(sampling.extrapolation());
        result = ai.djl.ndarray.NDArrays.where(outside.broadcast(result.getShape()), value, result);
      }
      return new NDList(result);
    };
  }

  private static NDArray outside(
      NDArray before, Operands in, int axis, int rank, float[] positions, long extent) {
    boolean[] is = new boolean[positions.length];
    for (int i = 0; i < is.length; i++) {
      is[i] = positions[i] < 0 || positions[i] > extent - 1;
    }
    NDArray flags = in.manager().create(is).reshape(Axes.along(axis, rank, is.length));
    return before == null ? flags : before.logicalOr(flags);
  }

  private static Stretch[] stretches(
      Node node, Operands in, long[] shape, int scalesInput, Sampling sampling) {
    int rank = shape.length;
    int[] axes =
        node.intsAttribute("axes")
            .map(given -> Arrays.stream(given).mapToInt(a -> Axes.of(a, rank)).toArray())
            .orElseGet(() -> IntStream.range(0, rank).toArray());
    float[] scales = scales(node, in, scalesInput);
    long[] sizes = in.optionalIntegers(3).filter(s -> s.length > 0).orElse(null);
    if (scales == null && sizes == null) {
      throw Unsupported.form(node, "neither scales nor sizes");
    }
    float[] region = sampling.crops() ? in.floats(1) : null;
    float common = sizes == null ? 0 : sampling.commonScale(sizes, shape, axes);
    Stretch[] stretches = new Stretch[rank];
    Arrays.setAll(stretches, i -> new Stretch(shape[i], shape[i], 1, 0, 1));
    for (int i = 0; i < axes.length; i++) {
      long extent = shape[axes[i]];
      float start = region == null ? 0 : region[i];
      float end = region == null ? 1 : region[axes.length + i];
      long out;
      float scale;
      if (sizes == null) {
        scale = scales[i];
        out = (long) Math.floor((region == null ? extent : extent * (end - start)) * scale);
      } else {
        out = common > 0 ? Math.round(extent * common) : sizes[i];
        scale = common > 0 ? common : (float) out / extent;
      }
      stretches[axes[i]] = new Stretch(extent, out, scale, start, end);
    }
    return stretches;
  }

  private static float[] scales(Node node, Operands in, int input) {
    if (node.attributes().get("scales") instanceof Attribute.OfFloats given) {
      float[] scales = new float[given.values().size()];
      for (int i = 0; i < scales.length; i++) {
        scales[i] = given.values().get(i);
      }
      return scales;
    }
    return in.has(input)
        ? Optional.of(in.floats(input)).filter(v -> v.length > 0).orElse(null)
        : null;
  }

  /** Where each output lies on the input's axis. */
  private static float[] positions(Stretch s, Sampling sampling) {
    float[] positions = new float[(int) s.out];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = sampling.position(i, s.scale, s.in, s.out, s.roiStart, s.roiEnd);
    }
    return positions;
  }

  /** {@code out × in}: how much of each input is in each output. */
  private static float[] weights(Sampling sampling, float[] positions, Stretch s) {
    float[] weights = new float[(int) (s.out * s.in)];
    for (int i = 0; i < positions.length; i++) {
      sampling.addWeights(weights, (int) (i * s.in), (int) s.in, positions[i], s.scale);
    }
    return weights;
  }

  private static NDArray mix(NDArray x, int axis, float[] weights) {
    int last = x.getShape().dimension() - 1;
    long in = x.getShape().get(axis);
    NDArray matrix = x.getManager().create(weights, new Shape(weights.length / in, in));
    NDArray mixed = Axes.move(x, axis, last).matMul(matrix.transpose());
    return Axes.move(mixed, last, axis);
  }
}
