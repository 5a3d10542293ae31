package io.rspar.sensitivity.curvature;

import java.io.IOException;
import java.util.Arrays;

/**
 * First and second moments of the derivatives γ of examples' losses along channel gates, and what
 * closing a gate costs by them.
 *
 * <p>With labels drawn from the model, ½·E[γ²] is the exact second order of the Fisher information
 * along the gate, and E[γ] is zero but for chance. With the labels of data that the network was not
 * fitted to, E[γ] is not zero, and most of a small loss change is its doing.
 */
public final class GateMoments {
  private final double[][] sums;
  private final double[][] squares;
  private long samples;

  /**
   * Of no examples.
   *
   * @param widths channels of each group
   */
  GateMoments(int[] widths) {
    sums = zeros(widths);
    squares = zeros(widths);
  }

  private static double[][] zeros(int[] widths) {
    return Arrays.stream(widths).mapToObj(double[]::new).toArray(double[][]::new);
  }

  /** Channels of each group. */
  int[] widths() {
    return Arrays.stream(sums).mapToInt(group -> group.length).toArray();
  }

  /** Examples. */
  public long samples() {
    return samples;
  }

  /**
   * Adds an example.
   *
   * @param derivatives γ by group and channel, in nats
   */
  void add(double[][] derivatives) {
    samples++;
    for (int g = 0; g < sums.length; g++) {
      for (int c = 0; c < sums[g].length; c++) {
        sums[g][c] += derivatives[g][c];
        squares[g][c] += derivatives[g][c] * derivatives[g][c];
      }
    }
  }

  /** Of these examples and others. */
  GateMoments plus(GateMoments others) {
    GateMoments both = new GateMoments(widths());
    for (GateMoments part : new GateMoments[] {this, others}) {
      both.samples += part.samples;
      for (int g = 0; g < sums.length; g++) {
        add(both.sums[g], part.sums[g]);
        add(both.squares[g], part.squares[g]);
      }
    }
    return both;
  }

  private static void add(double[] to, double[] values) {
    Arrays.setAll(to, c -> to[c] + values[c]);
  }

  void write(SumsOutput out) throws IOException {
    out.number(samples);
    out.number(sums.length);
    for (int g = 0; g < sums.length; g++) {
      out.number(sums[g].length);
      out.numbers(sums[g]);
      out.numbers(squares[g]);
    }
  }

  void add(SumsInput in) throws IOException {
    samples += in.number();
    in.expect("number of groups", sums.length);
    for (int g = 0; g < sums.length; g++) {
      in.expect("number of channels", sums[g].length);
      add(sums[g], in.numbers(sums[g].length));
      add(squares[g], in.numbers(squares[g].length));
    }
  }

  /** ½·E[γ²] by group and channel, in nats; zero where nothing is known. */
  public double[][] secondOrder() {
    return costs(0);
  }

  /**
   * The Taylor expansion of the loss change to second order, by group and channel, in nats: the
   * gate goes from 1 to 0, so −E[γ] + ½·E[γ²]. The mean of few examples is mostly chance, so all
   * means are shrunk by what their own scatter says (the positive-part estimator of James and Stein
   * 1961 over standardised means): with few examples this is {@link #secondOrder()}.
   */
  public double[][] expansion() {
    return costs(shrinkage());
  }

  private double[][] costs(double firstOrder) {
    double[][] costs = new double[sums.length][];
    for (int g = 0; g < costs.length; g++) {
      double[] sum = sums[g];
      double[] square = squares[g];
      costs[g] = new double[sum.length];
      Arrays.setAll(costs[g], c -> (square[c] / 2 - firstOrder * sum[c]) / samples);
    }
    return costs;
  }

  /** Share of the means that is not chance, 0 to 1. */
  double shrinkage() {
    int channels = 0;
    double standardised = 0;
    for (int g = 0; g < sums.length; g++) {
      for (int c = 0; c < sums[g].length; c++) {
        double mean = sums[g][c] / samples;
        double variance = squares[g][c] / samples - mean * mean;
        if (variance > 0) {
          channels++;
          standardised += samples * mean * mean / variance;
        }
      }
    }
    return standardised > 0 ? Math.max(0, 1 - Math.max(0, channels - 2) / standardised) : 0;
  }
}
