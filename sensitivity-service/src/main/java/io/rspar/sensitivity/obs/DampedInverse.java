package io.rspar.sensitivity.obs;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.rspar.runtime.TorchScript;
import io.rspar.sensitivity.curvature.LayerFactors;

/**
 * Inverse of a Kronecker factor. A multiple of the identity is added first, {@code fraction} of the
 * mean of the diagonal (van der Ouderaa et al. 2024, The LLM Surgeon, arXiv 2312.17244); ten times
 * more where that is not enough.
 *
 * @param matrix I×I; double, or float where the factor is large
 * @param damping the fraction that was enough
 */
record DampedInverse(NDArray matrix, double damping) {
  private static final int ATTEMPTS = 4;

  /**
   * Above this size, single precision, at half the time and memory: the damped factor's condition
   * is at most size / fraction, what it loses is far below the noise of the examples.
   */
  private static final int LARGE = 1024;

  /** A factor that is zero throughout (a dead input) still has an inverse. */
  private static final double SMALLEST_DIAGONAL = 1e-30;

  /**
   * @param manager owns the inverse
   * @param factor symmetric, positive semi-definite, double
   * @throws ArithmeticException if the factor has no inverse for any damping that was tried
   */
  static DampedInverse of(NDManager manager, NDArray factor, double fraction) {
    double mean = LayerFactors.meanDiagonal(factor);
    boolean large = factor.getShape().get(0) > LARGE;
    double damping = fraction;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      double lambda = Math.max(damping * mean, SMALLEST_DIAGONAL);
      NDArray inverse = large ? inverse(factor, DataType.FLOAT32, lambda) : null;
      if (inverse == null) {
        inverse = inverse(factor, DataType.FLOAT64, lambda);
      }
      if (inverse != null) {
        inverse.attach(manager);
        return new DampedInverse(inverse, damping);
      }
      damping *= 10;
    }
    throw new ArithmeticException("no inverse, not even with " + damping / 10 + " of the diagonal");
  }

  /** Null if the matrix is not positive definite in this precision. */
  private static NDArray inverse(NDArray factor, DataType precision, double lambda) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray damped = factor.toType(precision, true);
      LayerFactors.addToDiagonal(damped, lambda);
      NDArray inverse = TorchScript.inverseOfPositive(damped);
      boolean found = !inverse.get(new NDIndex("0, 0")).isNaN().getBoolean();
      if (found) {
        NDScope.unregister(inverse);
      }
      return found ? inverse : null;
    }
  }
}
