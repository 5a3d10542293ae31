package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.runtime.layer.WeightedLayer;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums one layer's outer products over batches: products of a batch in single precision, their sum
 * in double. The sums of two disjoint sets of examples add up to those of their union.
 *
 * <p>Only the upper triangle is computed, in panels of rows, and mirrored at the end.
 */
final class FactorAccumulator {
  /** So many panels save 44 % of the arithmetic. */
  private static final int PANELS = 8;

  /** Rows of a panel at least: fewer, and the engine's matrix product is not at its best. */
  private static final int LEAST_ROWS = 64;

  private final int groups;
  private final int inputs;
  private final boolean hasIntercept;
  private final ColumnBlocks blocks;
  private final List<NDArray> a = new ArrayList<>();
  private final NDArray g;
  private final DroppedNorm dropped;
  private long samples;
  private long positions;

  /**
   * @param manager owns the sums; they live as long as it does
   * @param blocks which columns of the weight go together
   */
  FactorAccumulator(NDManager manager, WeightedLayer layer, ColumnBlocks blocks) {
    this.groups = layer.groups();
    this.inputs = layer.columns();
    this.hasIntercept = layer.hasIntercept();
    this.blocks = blocks;
    for (int[] columns : blocks.columns()) {
      a.add(zeros(manager, columns.length));
    }
    g = zeros(manager, layer.outputs());
    dropped = new DroppedNorm(blocks);
  }

  private NDArray zeros(NDManager manager, int size) {
    NDArray zeros = manager.zeros(new Shape(groups, size, size), DataType.FLOAT64);
    NDScope.unregister(zeros);
    return zeros;
  }

  /**
   * Adds the patches of some examples.
   *
   * @param patches groups×I×n, without the intercept
   * @param weight T / T', where only T' of T positions are given
   */
  void addInputs(NDArray patches, double weight) {
    if (blocks.isWhole()) {
      addGram(a.get(0), patches, hasIntercept, weight);
      return;
    }
    NDArray columns = patches.get(0);
    dropped.add(columns);
    for (int b = 0; b < a.size(); b++) {
      boolean intercept = hasIntercept && b == a.size() - 1;
      NDArray some = blocks.rowsOf(columns, b);
      addGram(a.get(b), some.expandDims(0), intercept, weight);
    }
  }

  /**
   * Adds the output gradients of some examples.
   *
   * @param gradients groups×O×n, per example (of the summed loss)
   * @param weight T / T', where only T' of T positions are given
   */
  void addGradients(NDArray gradients, double weight) {
    addGram(g, gradients, false, weight);
  }

  /** Counts examples whose inputs and gradients were added to every group. */
  void count(long examples, long positionsPerExample) {
    samples += examples;
    positions = positionsPerExample;
  }

  /**
   * Adds sums over other examples.
   *
   * @throws IllegalArgumentException if they are of another layer
   */
  void merge(FactorAccumulator other) {
    if (other.inputs != inputs || !other.g.getShape().equals(g.getShape())) {
      throw new IllegalArgumentException(
          "sums of a layer of " + other.inputs + " columns do not fit one of " + inputs);
    }
    for (int b = 0; b < a.size(); b++) {
      a.get(b).addi(other.a.get(b));
    }
    g.addi(other.g);
    dropped.merge(other.dropped);
    samples += other.samples;
    positions = Math.max(positions, other.positions);
  }

  private static void addGram(NDArray sum, NDArray x, boolean intercept, double weight) {
    long n = x.getShape().get(1);
    if (x.getShape().get(0) > 1) {
      // Many small groups: one batched product.
      add(sum.get(new NDIndex(":, 0:{}, 0:{}", n, n)), x.matMul(x.transpose(0, 2, 1)), weight);
    } else {
      NDArray rows = x.get(0);
      NDArray matrix = sum.get(0);
      long panel = panel(n);
      for (long from = 0; from < n; from += panel) {
        long to = Math.min(n, from + panel);
        NDArray product =
            rows.get(new NDIndex("{}:{}", from, to))
                .matMul(rows.get(new NDIndex("{}:{}", from, n)).transpose());
        add(matrix.get(new NDIndex("{}:{}, {}:{}", from, to, from, n)), product, weight);
        product.close();
      }
    }
    if (intercept) {
      NDArray sums = x.sum(new int[] {2});
      add(sum.get(new NDIndex(":, 0:{}, {}", n, n)), sums, weight);
      sum.get(new NDIndex(":, {}, 0:{}", n, n)).addi(sums);
      sum.get(new NDIndex(":, {}, {}", n, n)).addi(x.getShape().get(2) * weight);
    }
  }

  private static long panel(long rows) {
    return Math.max(LEAST_ROWS, (rows + PANELS - 1) / PANELS);
  }

  private static void add(NDArray view, NDArray product, double weight) {
    if (weight != 1) {
      product.muli(weight);
    }
    view.addi(product);
  }

  /** The factors; the sums end as them. */
  LayerFactors factors() {
    List<LayerFactors.InputBlock> matrices = new ArrayList<>();
    for (int b = 0; b < a.size(); b++) {
      boolean intercept = hasIntercept && b == a.size() - 1;
      mirror(a.get(b), blocks.columns().get(b).length - (intercept ? 1 : 0));
      a.get(b).divi(samples);
      for (int k = 0; k < groups; k++) {
        NDArray matrix = a.get(b).get(k);
        NDScope.unregister(matrix);
        matrices.add(new LayerFactors.InputBlock(k, blocks.columns().get(b), matrix));
      }
      // The blocks share its memory.
      a.get(b).close();
    }
    mirror(g, g.getShape().get(1));
    g.divi((double) samples * positions);
    return new LayerFactors(
        matrices,
        g,
        inputs,
        Math.toIntExact(g.getShape().get(1)),
        samples,
        positions,
        dropped.share());
  }

  /**
   * Completes symmetric sums.
   *
   * @param computed rows that were computed in panels; an intercept's row and column are complete
   */
  private static void mirror(NDArray sums, long computed) {
    for (long k = 0; k < sums.getShape().get(0); k++) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray matrix = sums.get(k);
        long panel = panel(computed);
        for (long from = 0; from < computed; from += panel) {
          long to = Math.min(computed, from + panel);
          NDIndex diagonal = new NDIndex("{}:{}, {}:{}", from, to, from, to);
          NDArray square = matrix.get(diagonal);
          NDArray mean = square.add(square.transpose()).muli(0.5);
          matrix.set(diagonal, mean);
          if (to < computed) {
            matrix.set(
                new NDIndex("{}:{}, {}:{}", to, computed, from, to),
                matrix.get(new NDIndex("{}:{}, {}:{}", from, to, to, computed)).transpose());
          }
        }
      }
    }
  }
}
