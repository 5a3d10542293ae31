package io.rspar.sensitivity.obs;

import io.rspar.sensitivity.curvature.GateDerivatives;
import io.rspar.sensitivity.curvature.GateMoments;
import java.util.List;
import java.util.Locale;

/**
 * What the removal of each channel alone costs, nothing else changed.
 *
 * @param derivatives along the channels' gates
 * @param byGroup in nats
 * @param agreement of the costs from two halves of the examples; NaN where there are none
 * @param remedy what makes them steadier
 */
record SingleCosts(
    GateDerivatives derivatives, double[][] byGroup, double agreement, String remedy) {
  /**
   * With halves that agree less, scores still moved when more examples came: on two networks they
   * correlated by less than 0.93 with those of 1,024 examples.
   */
  private static final double LEAST_AGREEMENT = 0.65;

  /** The second order, by examples that the network was fitted to. */
  static SingleCosts ofCalibration(GateDerivatives derivatives) {
    return new SingleCosts(
        derivatives,
        derivatives.moments().secondOrder(),
        derivatives.agreement(GateMoments::secondOrder),
        "more calibration.samples");
  }

  /** First and second order, by examples that it was not fitted to. */
  static SingleCosts ofHeldOut(GateDerivatives derivatives) {
    return new SingleCosts(
        derivatives,
        derivatives.moments().expansion(),
        derivatives.agreement(GateMoments::expansion),
        "more validation examples (calibration.expansionSamples)");
  }

  /** Of a group's channels. */
  double[] costs(int group) {
    return byGroup[group];
  }

  boolean isOfNormalizations(int group) {
    return derivatives.isOfNormalizations(group);
  }

  /** What a reader of the costs should know. */
  List<String> warnings() {
    return agreement < LEAST_AGREEMENT
        ? List.of(
            String.format(
                Locale.ROOT,
                "Scores from two halves of the examples agree poorly (Spearman's rho %.2f): %s would"
                    + " make them steadier.",
                agreement,
                remedy))
        : List.of();
  }
}
