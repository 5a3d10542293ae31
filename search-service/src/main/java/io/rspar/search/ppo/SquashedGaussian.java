package io.rspar.search.ppo;

/**
 * A Gaussian squashed into (0, 1) by the logistic function: the action is {@code a = σ(u)} with
 * {@code u ~ N(mean, std²)}. Its density holds the Jacobian: {@code log p(a) = log N(u) − log σ(u)
 * − log(1 − σ(u))}. In a ratio of two densities of one action the Jacobian cancels.
 *
 * @param mean of the Gaussian before it is squashed
 * @param logStd logarithm of its standard deviation
 */
record SquashedGaussian(double mean, double logStd) {
  private static final double HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);

  /** The logistic function. */
  static double squash(double u) {
    return 1 / (1 + Math.exp(-u));
  }

  /**
   * Log-density of an action.
   *
   * @param u the action before it is squashed
   */
  double logDensity(double u) {
    double z = (u - mean) * Math.exp(-logStd);
    double logJacobian = -Math.abs(u) - 2 * Math.log1p(Math.exp(-Math.abs(u)));
    return -0.5 * z * z - logStd - HALF_LOG_2_PI - logJacobian;
  }

  /** Derivative of the log-density by the mean. */
  double byMean(double u) {
    return (u - mean) * Math.exp(-2 * logStd);
  }

  /** Derivative of the log-density by the logarithm of the standard deviation. */
  double byLogStd(double u) {
    double z = (u - mean) * Math.exp(-logStd);
    return z * z - 1;
  }
}
