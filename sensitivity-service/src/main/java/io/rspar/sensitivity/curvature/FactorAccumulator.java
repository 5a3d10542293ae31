package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.runtime.layer.WeightedLayer;
import java.io.IOException;
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

  /** Numbers that are written or read at once (2 MiB). */
  private static final long PIECE = 1 << 18;

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
      NDArray some = blocks.rowsOf(columns, b);
      addGram(a.get(b), some.expandDims(0), isIntercepted(b), weight);
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

  /** Writes what was added so far. */
  void write(SumsOutput out) throws IOException {
    out.number(samples);
    out.number(positions);
    out.number(a.size());
    for (int b = 0; b < a.size(); b++) {
      write(out, a.get(b), isIntercepted(b));
    }
    write(out, g, false);
    dropped.write(out);
  }

  /** Adds sums over other examples of the same layer. */
  void add(SumsInput in) throws IOException {
    samples += in.number();
    positions = Math.max(positions, in.number());
    in.expect("number of blocks", a.size());
    for (int b = 0; b < a.size(); b++) {
      add(in, a.get(b), isIntercepted(b));
    }
    add(in, g, false);
    dropped.add(in);
  }

  private static void write(SumsOutput out, NDArray sums, boolean intercept) throws IOException {
    out.number(sums.getShape().get(0));
    out.number(sums.getShape().get(1));
    for (NDIndex piece : pieces(sums, intercept)) {
      try (NDArray numbers = sums.get(piece)) {
        out.numbers(numbers.toDoubleArray());
      }
    }
  }

  private static void add(SumsInput in, NDArray sums, boolean intercept) throws IOException {
    in.expect("number of convolution groups", sums.getShape().get(0));
    in.expect("number of columns", sums.getShape().get(1));
    for (NDIndex piece : pieces(sums, intercept)) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray view = sums.get(piece);
        double[] numbers = in.numbers(Math.toIntExact(view.size()));
        view.addi(view.getManager().create(numbers, view.getShape()));
      }
    }
    if (intercept) {
      long n = sums.getShape().get(1) - 1;
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray column = sums.get(new NDIndex(":, 0:{}, {}", n, n));
        sums.set(new NDIndex(":, {}, 0:{}", n, n), column);
      }
    }
  }

  /** Where a symmetric sum is computed, piece by piece; the row of an intercept is its column. */
  private static List<NDIndex> pieces(NDArray sums, boolean intercept) {
    long size = sums.getShape().get(1);
    long n = intercept ? size - 1 : size;
    long panel = panel(n);
    List<NDIndex> pieces = new ArrayList<>();
    for (long from = 0; from < n; from += panel) {
      long to = Math.min(n, from + panel);
      long rows = Math.max(1, PIECE / (sums.getShape().get(0) * (n - from)));
      for (long row = from; row < to; row += rows) {
        pieces.add(new NDIndex(":, {}:{}, {}:{}", row, Math.min(to, row + rows), from, n));
      }
    }
    if (intercept) {
      pieces.add(new NDIndex(":, :, {}:{}", n, size));
    }
    return pieces;
  }

  private boolean isIntercepted(int block) {
    return hasIntercept && block == a.size() - 1;
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
      mirror(a.get(b), blocks.columns().get(b).length - (isIntercepted(b) ? 1 : 0));
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
