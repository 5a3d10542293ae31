package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Sums one layer's outer products over batches, in double precision. The sums of two disjoint sets
 * of examples add up to those of their union.
 */
final class FactorAccumulator {
  private final NDArray[] a;
  private final NDArray[] g;
  private long samples;
  private long positions;

  /**
   * @param manager owns the sums; they live as long as it does
   * @param groups convolution groups
   * @param inputs I: columns of the flattened weight of one group, bias column included
   * @param outputs O: rows of the weight of one group
   */
  FactorAccumulator(NDManager manager, int groups, int inputs, int outputs) {
    this.a = new NDArray[groups];
    this.g = new NDArray[groups];
    for (int i = 0; i < groups; i++) {
      a[i] = manager.zeros(new Shape(inputs, inputs), DataType.FLOAT64);
      g[i] = manager.zeros(new Shape(outputs, outputs), DataType.FLOAT64);
    }
  }

  /**
   * Adds the patches of some examples.
   *
   * @param patches n×I×T'
   * @param weight T / T', where only T' of T positions are given
   */
  void addInputs(int group, NDArray patches, double weight) {
    addGram(a[group], patches, weight);
  }

  /**
   * Adds the output gradients of some examples.
   *
   * @param gradients n×O×T', per example (of the summed loss)
   * @param weight T / T', where only T' of T positions are given
   */
  void addGradients(int group, NDArray gradients, double weight) {
    addGram(g[group], gradients, weight);
  }

  /** Counts examples whose inputs and gradients were added to every group. */
  void count(long examples, long positionsPerExample) {
    samples += examples;
    positions = positionsPerExample;
  }

  private static void addGram(NDArray sum, NDArray rows, double weight) {
    // (n, R, T) → (R, n·T): one large product is faster than n small ones, and its float32 sum runs
    // over a few examples only.
    NDArray flat = rows.transpose(1, 0, 2).reshape(rows.getShape().get(1), -1);
    sum.addi(flat.matMul(flat.transpose()).toType(DataType.FLOAT64, false).mul(weight));
  }

  LayerFactors factors() {
    double[][] meanA = new double[a.length][];
    double[][] meanG = new double[g.length][];
    for (int i = 0; i < a.length; i++) {
      meanA[i] = symmetricMean(a[i], samples);
      meanG[i] = symmetricMean(g[i], samples * positions);
    }
    return new LayerFactors(
        meanA,
        meanG,
        Math.toIntExact(a[0].getShape().get(0)),
        Math.toIntExact(g[0].getShape().get(0)),
        samples,
        positions);
  }

  private static double[] symmetricMean(NDArray sum, long count) {
    return sum.add(sum.transpose()).div(2.0 * count).toDoubleArray();
  }
}
