package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;

/**
 * {@code RoiAlign}: regions of an image N×C×H×W, each read at a regular grid of places and pooled
 * to bins (He et al. 2017, Mask R-CNN, arXiv 1703.06870). Gradients reach the image; regions are
 * taken as they are.
 */
final class RegionSampling {
  private final boolean max;
  private final int height;
  private final int width;
  private final int ratio;
  private final float scale;
  private final boolean halfPixel;

  private RegionSampling(Node node, long opset) {
    max = node.stringAttribute("mode", "avg").equals("max");
    height = (int) node.intAttribute("output_height", 1);
    width = (int) node.intAttribute("output_width", 1);
    ratio = (int) node.intAttribute("sampling_ratio", 0);
    scale = node.floatAttribute("spatial_scale", 1);
    halfPixel =
        opset >= 16
            && node.stringAttribute("coordinate_transformation_mode", "half_pixel")
                .equals("half_pixel");
  }

  static Kernel bind(Node node, long opset) {
    RegionSampling sampling = new RegionSampling(node, opset);
    return in -> new NDList(sampling.sample(in));
  }

  /** Pixels of an image's rows, and how much of each is in a sample. */
  private static final class Reads {
    private final long[] pixels;
    private final float[] weights;

    Reads(int count) {
      pixels = new long[count];
      weights = new float[count];
    }
  }

  private NDArray sample(Operands in) {
    NDArray image = in.array(0);
    long[] extents = image.getShape().getShape();
    float[] regions = in.floats(1);
    long[] images = in.integers(2);
    int samples = 1;
    for (int r = 0; r < images.length; r++) {
      samples = Math.max(samples, samples(regions, r, 1, height) * samples(regions, r, 0, width));
    }
    int bins = height * width;
    Reads reads = new Reads(images.length * bins * samples * 4);
    for (int r = 0; r < images.length; r++) {
      int down = samples(regions, r, 1, height);
      int across = samples(regions, r, 0, width);
      for (int bin = 0; bin < bins; bin++) {
        for (int s = 0; s < samples; s++) {
          // Regions with fewer samples repeat them: of no weight in a mean, of no effect on a
          // maximum.
          int sample = s % (down * across);
          float share = max ? 1 : s < down * across ? 1f / (down * across) : 0;
          float y = place(regions, r, 1, height, bin / width, sample / across, down);
          float x = place(regions, r, 0, width, bin % width, sample % across, across);
          read(reads, ((r * bins + bin) * samples + s) * 4, images[r], extents, y, x, share);
        }
      }
    }
    NDArray rows =
        image
            .reshape(extents[0], extents[1], -1)
            .transpose(0, 2, 1)
            .reshape(-1, extents[1])
            .get(Owned.copy(in.manager().create(reads.pixels)));
    NDArray weighted =
        rows.mul(Owned.copy(in.manager().create(reads.weights, new Shape(reads.weights.length, 1))))
            .reshape((long) images.length * bins, samples * 4L, extents[1]);
    NDArray pooled = max ? weighted.max(new int[] {1}, false) : weighted.sum(new int[] {1}, false);
    return pooled
        .reshape(images.length, bins, extents[1])
        .transpose(0, 2, 1)
        .reshape(images.length, extents[1], height, width);
  }

  /** Start of a region along an axis (0 = x, 1 = y), in pixels. */
  private float start(float[] regions, int region, int axis) {
    return regions[4 * region + axis] * scale - (halfPixel ? 0.5f : 0);
  }

  private float extent(float[] regions, int region, int axis) {
    float end = regions[4 * region + 2 + axis] * scale - (halfPixel ? 0.5f : 0);
    float extent = end - start(regions, region, axis);
    return halfPixel ? extent : Math.max(extent, 1);
  }

  /** Samples of a bin along an axis. */
  private int samples(float[] regions, int region, int axis, int bins) {
    return ratio > 0 ? ratio : Math.max(1, (int) Math.ceil(extent(regions, region, axis) / bins));
  }

  private float place(
      float[] regions, int region, int axis, int bins, int bin, int sample, int samples) {
    float length = extent(regions, region, axis) / bins;
    return start(regions, region, axis) + bin * length + (sample + 0.5f) * length / samples;
  }

  /** The four pixels around a place; none outside of the image. */
  private static void read(
      Reads reads, int at, long image, long[] extents, float y, float x, float share) {
    long rows = extents[2];
    long columns = extents[3];
    if (y < -1 || y > rows || x < -1 || x > columns) {
      Arrays.fill(reads.pixels, at, at + 4, image * rows * columns);
      return;
    }
    float top = Math.min(Math.max(y, 0), rows - 1);
    float left = Math.min(Math.max(x, 0), columns - 1);
    for (int i = 0; i < 4; i++) {
      long row = Math.min((long) top + i / 2, rows - 1);
      long column = Math.min((long) left + i % 2, columns - 1);
      float down = top - (long) top;
      float across = left - (long) left;
      reads.pixels[at + i] = (image * rows + row) * columns + column;
      reads.weights[at + i] =
          share * (i / 2 == 0 ? 1 - down : down) * (i % 2 == 0 ? 1 - across : across);
    }
  }
}
