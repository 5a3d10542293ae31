package io.rspar.runtime.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;

/**
 * How a two-dimensional convolution walks over its input, and the patches that it sees on the way.
 *
 * @param kernelHeight rows of the kernel
 * @param kernelWidth columns of the kernel
 * @param strideY step in rows
 * @param strideX step in columns
 * @param dilationY distance of neighbouring kernel rows
 * @param dilationX distance of neighbouring kernel columns
 * @param padTop zero rows before the input
 * @param padLeft zero columns before the input
 * @param padBottom zero rows after the input
 * @param padRight zero columns after the input
 */
public record PatchGeometry(
    int kernelHeight,
    int kernelWidth,
    int strideY,
    int strideX,
    int dilationY,
    int dilationX,
    int padTop,
    int padLeft,
    int padBottom,
    int padRight) {

  /**
   * The geometry of a {@code Conv} node.
   *
   * @param kernel extents of the weight's spatial axes
   * @param inputHeight rows of the input, needed for automatic padding
   * @param inputWidth columns of the input
   */
  public static PatchGeometry of(Node conv, long[] kernel, long inputHeight, long inputWidth) {
    if (kernel.length != 2) {
      throw new InvalidModelException(
          InvalidModelException.Kind.UNSUPPORTED,
          conv.describe() + " is a convolution over " + kernel.length + " axes",
          "choose a criterion without curvature (L1 or L2) for this model");
    }
    long[] strides = conv.intsAttribute("strides").orElse(new long[] {1, 1});
    long[] dilations = conv.intsAttribute("dilations").orElse(new long[] {1, 1});
    long[] pads = conv.intsAttribute("pads").orElse(new long[] {0, 0, 0, 0});
    String autoPad = conv.stringAttribute("auto_pad", "NOTSET");
    if (autoPad.startsWith("SAME")) {
      long y = samePadding(inputHeight, kernel[0], strides[0], dilations[0]);
      long x = samePadding(inputWidth, kernel[1], strides[1], dilations[1]);
      boolean upper = autoPad.equals("SAME_UPPER");
      pads =
          new long[] {
            upper ? y / 2 : y - y / 2,
            upper ? x / 2 : x - x / 2,
            upper ? y - y / 2 : y / 2,
            upper ? x - x / 2 : x / 2
          };
    }
    return new PatchGeometry(
        (int) kernel[0],
        (int) kernel[1],
        (int) strides[0],
        (int) strides[1],
        (int) dilations[0],
        (int) dilations[1],
        (int) pads[0],
        (int) pads[1],
        (int) pads[2],
        (int) pads[3]);
  }

  private static long samePadding(long input, long kernel, long stride, long dilation) {
    long output = (input + stride - 1) / stride;
    return Math.max(0, (output - 1) * stride + (kernel - 1) * dilation + 1 - input);
  }

  /**
   * All patches of a batch (im2col), zero-padded exactly as the convolution does.
   *
   * @param input N×C×H×W
   * @return N×(C·kh·kw)×T, T = output positions; column order is channel, kernel row, kernel
   *     column, which is the order of a flattened weight row
   */
  public NDArray patches(NDArray input) {
    return patches(input, Lattice.EVERY);
  }

  /**
   * The patches at some of the output positions.
   *
   * @param input N×C×H×W
   * @param lattice which positions
   * @return N×(C·kh·kw)×T', T' = positions on the lattice, in row-major order
   */
  public NDArray patches(NDArray input, Lattice lattice) {
    Shape shape = input.getShape();
    long n = shape.get(0);
    NDArray patches = isWhole(lattice) ? input : NDArrays.stack(shifted(padded(input), lattice), 2);
    return patches.reshape(n, shape.get(1) * kernelHeight * kernelWidth, -1);
  }

  /**
   * The same patches with all examples side by side.
   *
   * @param input N×C×H×W
   * @param lattice which positions
   * @return (C·kh·kw)×(N·T'), positions of the first example first
   */
  public NDArray columns(NDArray input, Lattice lattice) {
    long rows = input.getShape().get(1) * kernelHeight * kernelWidth;
    NDArray channelsFirst = padded(input).transpose(1, 0, 2, 3);
    NDArray columns =
        isWhole(lattice) ? channelsFirst : NDArrays.stack(shifted(channelsFirst, lattice), 1);
    return columns.reshape(rows, -1);
  }

  /** Whether the patches are the input itself. */
  private boolean isWhole(Lattice lattice) {
    return kernelHeight == 1
        && kernelWidth == 1
        && strideY == 1
        && strideX == 1
        && !isPadded()
        && lattice.equals(Lattice.EVERY);
  }

  private NDArray padded(NDArray input) {
    return isPadded() ? input.pad(new Shape(padLeft, padRight, padTop, padBottom), 0) : input;
  }

  /** Per element of the kernel, the inputs that it meets: views of a·b·rows·columns elements. */
  private NDList shifted(NDArray padded, Lattice lattice) {
    long height = padded.getShape().get(2);
    long width = padded.getShape().get(3);
    long outHeight = (height - (long) dilationY * (kernelHeight - 1) - 1) / strideY + 1;
    long outWidth = (width - (long) dilationX * (kernelWidth - 1) - 1) / strideX + 1;
    long rows = lattice.rows(outHeight);
    long columns = lattice.columns(outWidth);
    int stepY = strideY * lattice.step();
    int stepX = strideX * lattice.step();
    NDList shifted = new NDList();
    for (int ky = 0; ky < kernelHeight; ky++) {
      for (int kx = 0; kx < kernelWidth; kx++) {
        long top = (long) ky * dilationY + (long) lattice.row() * strideY;
        long left = (long) kx * dilationX + (long) lattice.column() * strideX;
        shifted.add(
            padded.get(
                ":, :, {}:{}:{}, {}:{}:{}",
                top,
                top + (rows - 1) * stepY + 1,
                stepY,
                left,
                left + (columns - 1) * stepX + 1,
                stepX));
      }
    }
    return shifted;
  }

  private boolean isPadded() {
    return padTop + padLeft + padBottom + padRight > 0;
  }
}
