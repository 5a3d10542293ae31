package io.rspar.sensitivity.obs;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Inverse of a Kronecker factor. A multiple of the identity is added first, {@code fraction} of the
 * mean of the diagonal (van der Ouderaa et al. 2024, The LLM Surgeon, arXiv 2312.17244); ten times
 * more where that is not enough.
 *
 * @param matrix I×I, double
 * @param damping the fraction that was enough
 */
record DampedInverse(NDArray matrix, double damping) {
  private static final int ATTEMPTS = 4;

  /** A factor that is zero throughout (a dead input) still has an inverse. */
  private static final double SMALLEST_DIAGONAL = 1e-30;

  /**
   * @param manager owns the inverse
   * @param factor symmetric, positive semi-definite, size×size, row-major
   * @throws ArithmeticException if the factor has no inverse for any damping that was tried
   */
  static DampedInverse of(NDManager manager, double[] factor, int size, double fraction) {
    double trace = 0;
    for (int i = 0; i < size; i++) {
      trace += factor[i * size + i];
    }
    double damping = fraction;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        double lambda = Math.max(damping * trace / size, SMALLEST_DIAGONAL);
        NDArray inverse =
            manager
                .create(factor, new Shape(size, size))
                .add(manager.eye(size, size, 0, DataType.FLOAT64).mul(lambda))
                .inverse();
        if (isPositive(inverse, size)) {
          NDScope.unregister(inverse);
          return new DampedInverse(inverse, damping);
        }
      }
      damping *= 10;
    }
    throw new ArithmeticException("no inverse, not even with " + damping / 10 + " of the diagonal");
  }

  private static boolean isPositive(NDArray inverse, int size) {
    double[] diagonal =
        inverse
            .mul(inverse.getManager().eye(size, size, 0, DataType.FLOAT64))
            .sum(new int[] {0})
            .toDoubleArray();
    for (double d : diagonal) {
      if (!(d > 0) || !Double.isFinite(d)) {
        return false;
      }
    }
    return true;
  }
}
