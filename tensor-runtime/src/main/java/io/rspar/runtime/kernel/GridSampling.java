package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * {@code GridSample}: an image N×C×D₁×… read at the places of a grid N×P₁×…×d (Jaderberg et al.
 * 2015, Spatial Transformer Networks, arXiv 1506.02025). Every place is a weighted sum of its
 * neighbours, so that gradients reach image and grid.
 */
final class GridSampling {
  /** Coefficient of the cubic kernel. */
  private static final double A = -0.75;

  private final String mode;
  private final String padding;
  private final boolean corners;

  private GridSampling(Node node) {
    mode = node.stringAttribute("mode", "linear").replaceFirst("^bi", "");
    padding = node.stringAttribute("padding_mode", "zeros");
    corners = node.intAttribute("align_corners", 0) != 0;
    Unsupported.unless(
        Set.of("linear", "nearest", "cubic").contains(mode), node, "interpolation mode " + mode);
    Unsupported.unless(
        Set.of("zeros", "border", "reflection").contains(padding), node, "padding mode " + padding);
  }

  static Kernel bind(Node node, long opset) {
    GridSampling sampling = new GridSampling(node);
    return in -> new NDList(sampling.sample(in.array(0), in.array(1)));
  }

  /**
   * One neighbour of every place, along one axis or several.
   *
   * @param index N×1×P, within the axis or the axes in a row
   * @param weight of the same shape
   */
  private record Neighbour(NDArray index, NDArray weight) {}

  private NDArray sample(NDArray image, NDArray grid) {
    long[] extents = image.getShape().getShape();
    long[] places = grid.getShape().getShape();
    int axes = extents.length - 2;
    NDArray rows = image.reshape(extents[0], extents[1], -1);
    NDArray flat = grid.reshape(extents[0], 1, -1, axes);
    List<Neighbour> reads = List.of();
    for (int axis = 0; axis < axes; axis++) {
      // The grid names the last axis first.
      NDArray place = flat.get(":, :, :, {}", axes - 1 - axis);
      long extent = extents[2 + axis];
      Neighbour[] along = neighbours(position(place, extent), extent);
      reads = axis == 0 ? List.of(along) : combined(reads, along, extent);
    }
    NDArray sum = null;
    for (Neighbour read : reads) {
      Shape all = new Shape(extents[0], extents[1], read.index.getShape().get(2));
      NDArray part = rows.gather(read.index.broadcast(all), 2).mul(read.weight);
      sum = sum == null ? part : sum.add(part);
    }
    long[] shape = new long[extents.length];
    shape[0] = extents[0];
    shape[1] = extents[1];
    System.arraycopy(places, 1, shape, 2, axes);
    return sum.reshape(new Shape(shape));
  }

  /** Every neighbour along the axes before with every one along a further axis. */
  private static List<Neighbour> combined(List<Neighbour> before, Neighbour[] along, long extent) {
    List<Neighbour> all = new ArrayList<>();
    for (Neighbour a : before) {
      for (Neighbour b : along) {
        NDArray index = a.index.mul(Owned.scalar(a.index, extent)).add(b.index);
        all.add(new Neighbour(index, a.weight.mul(b.weight)));
      }
    }
    return all;
  }

  /** The grid's −1…1 in elements of an axis. */
  private NDArray position(NDArray place, long extent) {
    NDArray position =
        corners
            ? Owned.times(place.add(1), (extent - 1) / 2.0)
            : Owned.times(Owned.times(place.add(1), extent).sub(1), 0.5);
    return mode.equals("nearest") ? position.round() : position;
  }

  private Neighbour[] neighbours(NDArray position, long extent) {
    if (mode.equals("nearest")) {
      return new Neighbour[] {neighbour(position, position.onesLike(), extent)};
    }
    NDArray before = position.floor();
    NDArray fraction = position.sub(before);
    if (mode.equals("linear")) {
      return new Neighbour[] {
        neighbour(before, Owned.scalar(fraction, 1).sub(fraction), extent),
        neighbour(before.add(1), Axes.alias(fraction), extent)
      };
    }
    Neighbour[] four = new Neighbour[4];
    for (int i = 0; i < four.length; i++) {
      four[i] = neighbour(before.add(i - 1), cubic(fraction, i - 1), extent);
    }
    return four;
  }

  /** Keys' kernel at a neighbour's distance from a place between neighbours 0 and 1. */
  private static NDArray cubic(NDArray fraction, int offset) {
    NDArray d = offset <= 0 ? fraction.sub(offset) : Owned.scalar(fraction, offset).sub(fraction);
    boolean near = offset == 0 || offset == 1;
    double[] c =
        near ? new double[] {A + 2, -(A + 3), 0, 1} : new double[] {A, -5 * A, 8 * A, -4 * A};
    NDArray sum = Owned.times(d, c[0]);
    for (int i = 1; i < c.length; i++) {
      sum = sum.add(Owned.scalar(sum, c[i]));
      sum = i == c.length - 1 ? sum : sum.mul(d);
    }
    return sum;
  }

  /** Padding is of neighbours: a place between two of them keeps its fraction beyond the border. */
  private Neighbour neighbour(NDArray index, NDArray weight, long extent) {
    NDArray seen = weight;
    NDArray inside = index;
    if (padding.equals("zeros")) {
      NDArray is = index.gte(0).logicalAnd(index.lte(extent - 1));
      seen = weight.mul(is.toType(weight.getDataType(), false));
    } else if (padding.equals("reflection")) {
      inside = reflected(index, extent);
    }
    return new Neighbour(inside.clip(0, extent - 1).toType(DataType.INT64, false), seen);
  }

  /** Positions mirrored at the borders until they are inside. */
  private NDArray reflected(NDArray position, long extent) {
    double least = corners ? 0 : -0.5;
    double range = corners ? extent - 1 : extent;
    if (range == 0) {
      return position.zerosLike();
    }
    NDArray distance = position.sub(least).abs();
    NDArray turns = Owned.over(distance, 2 * range).floor();
    NDArray within = distance.sub(Owned.times(turns, 2 * range));
    NDArray back = Owned.scalar(within, 2 * range).sub(within);
    return NDArrays.where(within.gt(range), back, within).add(least);
  }
}
