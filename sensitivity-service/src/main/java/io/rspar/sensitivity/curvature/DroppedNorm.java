package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import java.io.IOException;

/**
 * How much of A a block-diagonal form leaves out, without ever forming A. For patches a and b drawn
 * independently, E[(aᵀb)²] = ‖E[aaᵀ]‖² in the Frobenius norm, of the whole as of each block, so a
 * few patches per batch estimate both.
 */
final class DroppedNorm {
  private static final long PATCHES = 128;

  private final ColumnBlocks blocks;
  private double whole;
  private double within;

  DroppedNorm(ColumnBlocks blocks) {
    this.blocks = blocks;
  }

  /**
   * Looks at some patches.
   *
   * @param patches I×n, without the intercept
   */
  void add(NDArray patches) {
    long n = patches.getShape().get(1);
    NDArray some = patches.get(new NDIndex(":, 0:{}:{}", n, Math.max(1, n / PATCHES)));
    whole += betweenDifferent(some);
    for (int b = 0; b < blocks.columns().size(); b++) {
      within += betweenDifferent(blocks.rowsOf(some, b));
    }
  }

  /** Σ over pairs of different patches of (aᵀb)². */
  private static double betweenDifferent(NDArray patches) {
    NDArray products = patches.transpose().matMul(patches).square();
    double own = patches.square().sum(new int[] {0}).square().sum().getFloat();
    return products.sum().getFloat() - own;
  }

  void write(SumsOutput out) throws IOException {
    out.numbers(new double[] {whole, within});
  }

  void add(SumsInput in) throws IOException {
    double[] others = in.numbers(2);
    whole += others[0];
    within += others[1];
  }

  /** Share of the squared norm that lies outside of the blocks, 0 to 1. */
  double share() {
    return whole <= 0 ? 0 : Math.min(1, Math.max(0, 1 - within / whole));
  }
}
