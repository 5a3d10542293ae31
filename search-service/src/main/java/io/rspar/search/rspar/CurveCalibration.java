package io.rspar.search.rspar;

import io.rspar.search.allocation.LossCurves;
import io.rspar.search.strategy.Measured;
import java.util.Arrays;
import java.util.List;

/**
 * Learns from measured candidates how steep each group's curve really is: what a candidate lost (of
 * the loss in nats, which chance disturbs least; of accuracy where that is not known) is taken for
 * the sum of its groups' losses, each times a factor, and the factors are fitted by least squares.
 * They are never below a small positive bound, and drawn towards a common factor (a Gaussian prior
 * around it), so that few candidates move them little. Candidates weigh less the further they are
 * from the best: sums of losses hold close by.
 */
final class CurveCalibration {
  /** Prior standard deviation of a factor, over the common factor. */
  private static final double PRIOR_SPREAD = 0.7;

  /** Lowest factor, over the common factor. */
  private static final double LOWEST = 0.05;

  /** Distance below the best candidate at which a candidate's weight has fallen to a half. */
  private static final double NEAR_ACCURACY = 0.05;

  private static final double NEAR_NATS = 0.2;

  /** What was measured is not surer than this: variance (squared shares of examples, or nats). */
  private static final double LEAST_VARIANCE = 1e-6;

  private static final int REFITS = 3;
  private static final int SWEEPS = 200;

  private CurveCalibration() {}

  /** The curves, scaled to what was measured; as they are where nothing was. */
  static LossCurves of(LossCurves curves, List<Measured> measured) {
    if (measured.isEmpty()) {
      return curves;
    }
    int candidates = measured.size();
    double[][] terms = new double[candidates][];
    double[] lost = new double[candidates];
    boolean nats = measured.stream().allMatch(Measured::hasLoss);
    double near = nats ? NEAR_NATS : NEAR_ACCURACY;
    for (int i = 0; i < candidates; i++) {
      terms[i] = curves.losses(measured.get(i).widths());
      Measured m = measured.get(i);
      lost[i] = nats ? m.lossNats() - m.denseLossNats() : m.denseAccuracy() - m.accuracy();
    }
    double least = Arrays.stream(lost).min().orElseThrow();
    double[] weights =
        Arrays.stream(lost).map(l -> 1 / (1 + Math.pow((l - least) / near, 2))).toArray();
    double common = commonFactor(terms, lost, weights);
    if (!(common > 0)) {
      return curves; // nothing was lost anywhere
    }
    double[] factors = new double[terms[0].length];
    Arrays.fill(factors, common);
    for (int refit = 0; refit < REFITS; refit++) {
      double precision =
          variance(terms, lost, weights, factors) / Math.pow(PRIOR_SPREAD * common, 2);
      fit(terms, lost, weights, factors, common, precision);
    }
    return curves.scaled(factors);
  }

  private static double commonFactor(double[][] terms, double[] lost, double[] weights) {
    double above = 0;
    double below = 0;
    for (int i = 0; i < lost.length; i++) {
      double sum = Arrays.stream(terms[i]).sum();
      above += weights[i] * sum * lost[i];
      below += weights[i] * sum * sum;
    }
    return below > 0 ? above / below : 0;
  }

  /** Mean squared error of the candidates. */
  private static double variance(
      double[][] terms, double[] lost, double[] weights, double[] factors) {
    double sum = 0;
    for (int i = 0; i < lost.length; i++) {
      double error = lost[i] - dot(terms[i], factors);
      sum += weights[i] * error * error;
    }
    return LEAST_VARIANCE + sum / Arrays.stream(weights).sum();
  }

  /** Coordinate descent on the penalised squares. */
  private static void fit(
      double[][] terms,
      double[] lost,
      double[] weights,
      double[] factors,
      double common,
      double precision) {
    double[] errors = new double[lost.length];
    for (int i = 0; i < lost.length; i++) {
      errors[i] = lost[i] - dot(terms[i], factors);
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int g = 0; g < factors.length; g++) {
        double slope = precision * (common - factors[g]);
        double curvature = precision;
        for (int i = 0; i < lost.length; i++) {
          slope += weights[i] * terms[i][g] * errors[i];
          curvature += weights[i] * terms[i][g] * terms[i][g];
        }
        double change = Math.max(LOWEST * common, factors[g] + slope / curvature) - factors[g];
        factors[g] += change;
        for (int i = 0; i < lost.length; i++) {
          errors[i] -= change * terms[i][g];
        }
      }
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
