package io.rspar.sensitivity.curvature;

/**
 * The Kronecker factors of one layer's Fisher information, F ≈ A ⊗ G (Martens and Grosse 2015,
 * arXiv 1503.05671; for convolutions Grosse and Martens 2016, arXiv 1602.01407):
 *
 * <pre>
 *   A = 1/N     · Σ_n Σ_t a_nt a_ntᵀ     I × I, I = Cin/groups · kh · kw (+ 1 column for a bias)
 *   G = 1/(N·T) · Σ_n Σ_t g_nt g_ntᵀ     O × O, O = Cout/groups
 * </pre>
 *
 * with a the input patch, g the gradient of one example's loss with respect to the pre-activation,
 * N examples and T output positions. Averaging both over N·T would be too small by the factor T and
 * would ruin the ranking between layers.
 *
 * @param a one matrix per convolution group, I×I, row-major, symmetric
 * @param g one matrix per convolution group, O×O, row-major, symmetric, nats² per squared
 *     pre-activation
 * @param inputs I
 * @param outputs O
 * @param samples N
 * @param positions T
 */
public record LayerFactors(
    double[][] a, double[][] g, int inputs, int outputs, long samples, long positions) {

  /** Number of convolution groups; 1 for an ordinary layer. */
  public int groups() {
    return a.length;
  }

  /**
   * These factors with a multiple of the identity added to each, {@code fraction} times the mean of
   * its diagonal (van der Ouderaa et al. 2024, The LLM Surgeon, arXiv 2312.17244).
   */
  public LayerFactors damped(double fraction) {
    double[][] dampedA = new double[a.length][];
    double[][] dampedG = new double[g.length][];
    for (int i = 0; i < a.length; i++) {
      dampedA[i] = damped(a[i], inputs, fraction);
      dampedG[i] = damped(g[i], outputs, fraction);
    }
    return new LayerFactors(dampedA, dampedG, inputs, outputs, samples, positions);
  }

  private static double[] damped(double[] matrix, int size, double fraction) {
    double trace = 0;
    for (int i = 0; i < size; i++) {
      trace += matrix[i * size + i];
    }
    double[] result = matrix.clone();
    for (int i = 0; i < size; i++) {
      result[i * size + i] += fraction * trace / size;
    }
    return result;
  }
}
