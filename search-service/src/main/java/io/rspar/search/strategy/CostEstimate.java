package io.rspar.search.strategy;

import io.rspar.search.allocation.SearchSpace;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Latency (or energy) of any widths, learned from the candidates that were measured: a network
 * costs {@code c₀ + c₁ · MACs + c₂ · activation elements + c₃ · MACs in whole blocks + c₄ ·
 * elements of layers that do not fill their blocks}, relative to the original: what every inference
 * costs, what arithmetic costs, what memory traffic costs, and what it costs that kernels compute
 * whole vectors of channels and need others than whole ones in another layout. The coefficients are
 * fitted by weighted least squares, none below 0, drawn towards a guess for as long as little was
 * measured. Candidates close to the limit weigh most, since that is where the estimate has to be
 * right.
 */
final class CostEstimate {
  /** Costs are compared as whole numbers: parts per million of the original's. */
  static final long SCALE = 1_000_000;

  /** Small convolutional networks on CPUs, roughly; the first four of the original add up to 1. */
  private static final double[] GUESS = {0.05, 0.3, 0.25, 0.4, 0.25};

  /** Weight of the guess, in measured candidates. */
  private static final double GUESS_WEIGHT = 0.005;

  /** Relative distance from the limit at which a candidate's weight has fallen to a half. */
  private static final double NEAR = 0.1;

  private static final int SWEEPS = 500;

  private final SearchSpace space;
  private final double denseMacs;
  private final double denseActivations;
  private final double denseMacsInBlocks;
  private final double[] coefficients;

  private CostEstimate(SearchSpace space, double[] coefficients) {
    this.space = space;
    this.denseMacs = space.macs().applyAsLong(space.full());
    this.denseActivations = space.work().activations().applyAsLong(space.full());
    this.denseMacsInBlocks = space.work().macsInBlocks().applyAsLong(space.full());
    this.coefficients = coefficients;
  }

  /**
   * Learns from candidates.
   *
   * @param ratio a candidate's measured cost over the original's
   * @param limit the ratio where the estimate matters
   */
  static CostEstimate of(
      SearchSpace space, List<Measured> measured, ToDoubleFunction<Measured> ratio, double limit) {
    CostEstimate guess = new CostEstimate(space, GUESS);
    double[][] normal = new double[GUESS.length][GUESS.length];
    double[] right = new double[GUESS.length];
    for (Measured m : measured) {
      double y = ratio.applyAsDouble(m);
      double distance = Math.log(y / limit) / NEAR;
      add(normal, right, guess.terms(m.widths()), y, 1 / (1 + distance * distance) / (y * y));
    }
    // The original costs 1 by definition, however it was measured.
    add(normal, right, guess.terms(space.full()), 1, 1);
    for (int i = 0; i < GUESS.length; i++) {
      normal[i][i] += GUESS_WEIGHT;
      right[i] += GUESS_WEIGHT * GUESS[i];
    }
    return new CostEstimate(space, nonNegative(normal, right));
  }

  private static void add(
      double[][] normal, double[] right, double[] terms, double y, double weight) {
    for (int i = 0; i < terms.length; i++) {
      right[i] += weight * terms[i] * y;
      for (int j = 0; j < terms.length; j++) {
        normal[i][j] += weight * terms[i] * terms[j];
      }
    }
  }

  /** Minimises the quadratic form by coordinate descent over coefficients of 0 or more. */
  private static double[] nonNegative(double[][] normal, double[] right) {
    double[] x = GUESS.clone();
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int i = 0; i < x.length; i++) {
        double residual = right[i];
        for (int j = 0; j < x.length; j++) {
          residual -= j == i ? 0 : normal[i][j] * x[j];
        }
        x[i] = Math.max(0, residual / normal[i][i]);
      }
    }
    return x;
  }

  private double[] terms(int[] widths) {
    return new double[] {
      1,
      space.macs().applyAsLong(widths) / denseMacs,
      space.work().activations().applyAsLong(widths) / denseActivations,
      space.work().macsInBlocks().applyAsLong(widths) / denseMacsInBlocks,
      space.work().unfilled().applyAsLong(widths) / denseActivations
    };
  }

  /** Estimated cost over the original's. */
  double ratio(int[] widths) {
    double[] terms = terms(widths);
    double ratio = 0;
    for (int i = 0; i < terms.length; i++) {
      ratio += coefficients[i] * terms[i];
    }
    return ratio;
  }

  /** The estimate as the cost of an allocation problem, in units of 1 ⁄ {@link #SCALE}. */
  ToLongFunction<int[]> cost() {
    return widths -> Math.round(SCALE * ratio(widths));
  }

  /** The lowest ratio that any widths are estimated to reach. */
  double least() {
    int[] smallest = new int[space.widths().length];
    for (int g = 0; g < smallest.length; g++) {
      smallest[g] = space.widths()[g][0];
    }
    return ratio(smallest);
  }
}
