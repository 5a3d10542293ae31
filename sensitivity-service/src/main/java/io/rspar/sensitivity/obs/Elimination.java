package io.rspar.sensitivity.obs;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * One weight from which channels are eliminated, each a set S of its columns, while the remaining
 * columns take over what they can:
 *
 * <pre>
 *   K   = ([A⁻¹]_SS)⁻¹
 *   L_S = ½ · tr(W_Sᵀ G W_S K)
 *   W   ← W − W_S K A⁻¹[S,:]
 *   A⁻¹ ← A⁻¹ − A⁻¹[:,S] K A⁻¹[S,:]
 * </pre>
 *
 * (Hassibi and Stork 1993 for one weight; for structures Kurtic et al. 2023, ZipLM, arXiv
 * 2302.04089, with G = I; with K-FAC's G it is Kron-OBS of Wang et al. 2019, arXiv 1905.05934.)
 * Eliminating rows with G⁻¹ is the same with the roles of A and G exchanged and W transposed. All
 * in double precision.
 */
final class Elimination {
  private final int channels;
  private final int set;
  private final int[] order;
  private final NDArray weight;
  private final NDArray weighted;
  private final NDArray inverse;
  private final NDArray identity;
  private final NDArray blocks;

  /**
   * @param manager owns the working copies
   * @param weight W, O×I, row-major
   * @param other G, O×O, row-major
   * @param factor A, I×I, row-major
   * @param inverse A⁻¹, I×I; of A as it is or damped
   * @param columns the columns of each channel, equally many for all; columns of no channel stay
   */
  Elimination(
      NDManager manager,
      double[] weight,
      double[] other,
      double[] factor,
      NDArray inverse,
      int[][] columns) {
    int inputs = (int) inverse.getShape().get(0);
    int outputs = weight.length / inputs;
    channels = columns.length;
    set = columns[0].length;
    order = channelsFirst(inputs, columns);
    NDArray permutation = manager.create(order);
    NDArray original = manager.create(weight, new Shape(outputs, inputs));
    this.weight = original.get(new NDIndex(":, {}", permutation));
    this.weighted = manager.create(other, new Shape(outputs, outputs)).matMul(this.weight);
    this.inverse = inverse.get(permutation).get(new NDIndex(":, {}", permutation));
    this.identity = manager.eye(set, set, 0, DataType.FLOAT64);
    this.blocks = manager.create(blocks(factor, inputs, columns), new Shape(channels, set, set));
    attach(manager);
  }

  /** A_SS of every channel. */
  private static double[] blocks(double[] factor, int inputs, int[][] columns) {
    int set = columns[0].length;
    double[] blocks = new double[columns.length * set * set];
    for (int c = 0; c < columns.length; c++) {
      for (int i = 0; i < set; i++) {
        for (int j = 0; j < set; j++) {
          blocks[(c * set + i) * set + j] = factor[columns[c][i] * inputs + columns[c][j]];
        }
      }
    }
    return blocks;
  }

  private void attach(NDManager manager) {
    weight.attach(manager);
    weighted.attach(manager);
    inverse.attach(manager);
    identity.attach(manager);
    blocks.attach(manager);
  }

  private static int[] channelsFirst(int inputs, int[][] columns) {
    int[] order = new int[inputs];
    boolean[] taken = new boolean[inputs];
    int at = 0;
    for (int[] channel : columns) {
      for (int column : channel) {
        order[at++] = column;
        taken[column] = true;
      }
    }
    for (int column = 0; column < inputs; column++) {
      if (!taken[column]) {
        order[at++] = column;
      }
    }
    return order;
  }

  /** What the removal of each channel costs now, L_S, in nats; of removed ones: zero. */
  double[] costs() {
    NDArray k = diagonalBlocks(inverse).inverse();
    NDArray w = bySet(weight);
    NDArray p = bySet(weighted);
    NDArray quadratic = w.transpose(0, 2, 1).matMul(p);
    return quadratic.mul(k).sum(new int[] {1, 2}).mul(0.5).toDoubleArray();
  }

  /**
   * What the removal of each channel costs if nothing compensates for it (Optimal Brain Damage):
   * ½·tr(W_Sᵀ G W_S A_SS), in nats. Before the first removal only.
   */
  double[] plainCosts() {
    NDArray quadratic = bySet(weight).transpose(0, 2, 1).matMul(bySet(weighted));
    return quadratic.mul(blocks).sum(new int[] {1, 2}).mul(0.5).toDoubleArray();
  }

  /** O×I → channels×O×|S|. */
  private NDArray bySet(NDArray matrix) {
    long outputs = matrix.getShape().get(0);
    return matrix
        .get(new NDIndex(":, 0:{}", channels * set))
        .reshape(outputs, channels, set)
        .transpose(1, 0, 2);
  }

  private NDArray diagonalBlocks(NDArray matrix) {
    NDArray square =
        matrix
            .get(new NDIndex("0:{}, 0:{}", channels * set, channels * set))
            .reshape(channels, set, channels, set)
            .transpose(0, 2, 1, 3)
            .reshape((long) channels * channels, set, set);
    long[] diagonal = new long[channels];
    for (int c = 0; c < channels; c++) {
      diagonal[c] = (long) c * channels + c;
    }
    return square.get(square.getManager().create(diagonal));
  }

  /**
   * Eliminates some channels at once.
   *
   * @param removed channels, none of them removed before
   */
  void remove(int[] removed) {
    long[] s = new long[removed.length * set];
    for (int i = 0; i < removed.length; i++) {
      for (int j = 0; j < set; j++) {
        s[i * set + j] = (long) removed[i] * set + j;
      }
    }
    NDArray columns = inverse.getManager().create(s);
    NDArray rows = inverse.get(columns);
    NDArray k = rows.get(new NDIndex(":, {}", columns)).inverse();
    NDArray update = k.matMul(rows);
    weight.subi(weight.get(new NDIndex(":, {}", columns)).matMul(update));
    weighted.subi(weighted.get(new NDIndex(":, {}", columns)).matMul(update));
    inverse.subi(rows.transpose().matMul(update));
    for (int channel : removed) {
      long from = (long) channel * set;
      String range = from + ":" + (from + set);
      weight.set(new NDIndex(":, " + range), 0);
      weighted.set(new NDIndex(":, " + range), 0);
      inverse.set(new NDIndex(range + ", :"), 0);
      inverse.set(new NDIndex(":, " + range), 0);
      inverse.set(new NDIndex(range + ", " + range), identity);
    }
  }

  /** W as it is now, O×I, row-major, columns in their original order. */
  double[] weight() {
    int inputs = order.length;
    double[] permuted = weight.toDoubleArray();
    double[] result = new double[permuted.length];
    for (int o = 0; o < permuted.length / inputs; o++) {
      for (int i = 0; i < inputs; i++) {
        result[o * inputs + order[i]] = permuted[o * inputs + i];
      }
    }
    return result;
  }
}
