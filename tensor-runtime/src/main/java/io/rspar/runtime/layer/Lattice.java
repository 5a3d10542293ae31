package io.rspar.runtime.layer;

/**
 * Every step-th output position of a convolution in both directions. Neighbouring patches overlap
 * and say nearly the same, so a lattice that moves from batch to batch sees almost as much as all
 * positions do, at a fraction of the cost.
 *
 * @param step distance of the positions, at least 1
 * @param row first row, below the step
 * @param column first column, below the step
 */
public record Lattice(int step, int row, int column) {
  /** All positions. */
  public static final Lattice EVERY = new Lattice(1, 0, 0);

  /**
   * The lattice of one visit to a layer; step² visits in a row see every position once.
   *
   * @param enough an example shows at least this many positions, if the layer has them
   * @param height rows of the output
   * @param width columns of the output
   * @param visit number of the visit
   */
  public static Lattice of(int enough, long height, long width, long visit) {
    int step = 1;
    while ((height / (2 * step)) * (width / (2 * step)) >= enough) {
      step *= 2;
    }
    int phase = (int) (visit % ((long) step * step));
    return new Lattice(step, phase / step, phase % step);
  }

  /** Positions in a column of this height. */
  public long rows(long height) {
    return (height - row + step - 1) / step;
  }

  /** Positions in a row of this width. */
  public long columns(long width) {
    return (width - column + step - 1) / step;
  }
}
