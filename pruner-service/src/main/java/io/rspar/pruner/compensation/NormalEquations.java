package io.rspar.pruner.compensation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Linear least squares for the change of a layer's weight, one problem per convolution group:
 *
 * <pre>
 *   min over D of  Σ ‖D x − r‖² + λ·‖D‖²     D = (Σ r xᵀ)(Σ x xᵀ + λ I)⁻¹
 * </pre>
 *
 * with x what the layer sees (I), r what its output lacks (O). Sums are in double precision.
 */
final class NormalEquations {
  private final NDArray gram;
  private final NDArray cross;
  private double residual;

  /**
   * @param manager owns the sums
   * @param groups convolution groups
   * @param inputs I
   * @param outputs O
   */
  NormalEquations(NDManager manager, int groups, int inputs, int outputs) {
    gram = manager.zeros(new Shape(groups, inputs, inputs), DataType.FLOAT64);
    cross = manager.zeros(new Shape(groups, outputs, inputs), DataType.FLOAT64);
  }

  /**
   * Adds observations.
   *
   * @param x groups×I×n
   * @param r groups×O×n
   */
  void add(NDArray x, NDArray r) {
    NDArray transposed = x.transpose(0, 2, 1);
    gram.addi(x.matMul(transposed).toType(DataType.FLOAT64, false));
    cross.addi(r.matMul(transposed).toType(DataType.FLOAT64, false));
    residual += r.square().sum().toType(DataType.FLOAT64, false).getDouble();
  }

  /** Σ ‖r‖²: what there is to explain. */
  double residual() {
    return residual;
  }

  /**
   * The change D.
   *
   * @param ridge λ as a fraction of the mean diagonal of Σ x xᵀ
   * @return groups×O×I, double
   */
  NDArray solve(double ridge) {
    long inputs = gram.getShape().get(2);
    NDArray identity = gram.getManager().eye((int) inputs, (int) inputs, 0, DataType.FLOAT64);
    NDArray trace = gram.mul(identity).sum(new int[] {1, 2}, true);
    NDArray lambda = trace.mul(ridge / inputs).maximum(Double.MIN_NORMAL);
    return cross.matMul(gram.add(identity.mul(lambda)).inverse());
  }
}
