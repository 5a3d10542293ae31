package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import java.util.List;

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
 * <p>Double precision, on the engine: the largest layers' factors have tens of millions of
 * elements.
 *
 * @param a diagonal blocks of A; one per convolution group unless A is too large to be whole
 * @param g one matrix per convolution group, groups×O×O, nats² per squared pre-activation
 * @param inputs I
 * @param outputs O
 * @param samples N
 * @param positions T
 * @param dropped share of A's squared Frobenius norm that lies outside of its blocks, estimated; 0
 *     if A is whole
 */
public record LayerFactors(
    List<InputBlock> a,
    NDArray g,
    int inputs,
    int outputs,
    long samples,
    long positions,
    double dropped)
    implements AutoCloseable {

  /**
   * A diagonal block of A.
   *
   * @param group its convolution group
   * @param columns columns of the layer's weight that it is about, in the order of its rows
   * @param matrix symmetric
   */
  public record InputBlock(int group, int[] columns, NDArray matrix) {
    /** These columns of a weight, as rows: n×O, from O×I. */
    public NDArray rowsOf(NDArray weight) {
      return weight.transpose().get(ColumnBlocks.index(weight.getManager(), columns));
    }
  }

  public LayerFactors {
    a = List.copyOf(a);
  }

  /** Number of convolution groups; 1 for an ordinary layer. */
  public int groups() {
    return (int) g.getShape().get(0);
  }

  /** G of one convolution group, O×O. */
  public NDArray g(int group) {
    return g.get(group);
  }

  /** W·A of one convolution group, from W: O×I. */
  public NDArray timesA(NDArray weight, int group) {
    NDList products = new NDList();
    long[] order = new long[inputs];
    int at = 0;
    for (InputBlock block : a) {
      if (block.group() == group) {
        products.add(block.matrix().matMul(block.rowsOf(weight)));
        for (int column : block.columns()) {
          order[column] = at++;
        }
      }
    }
    NDArray rows = NDArrays.concat(products);
    return rows.get(new NDIndex("{}", rows.getManager().create(order))).transpose();
  }

  /**
   * Adds a multiple of the identity to each factor, in place: {@code fraction} times the mean of
   * its diagonal (van der Ouderaa et al. 2024, The LLM Surgeon, arXiv 2312.17244).
   */
  public void damp(double fraction) {
    a.forEach(block -> addToDiagonal(block.matrix(), fraction * meanDiagonal(block.matrix())));
    for (int k = 0; k < groups(); k++) {
      try (NDArray matrix = g.get(k)) {
        addToDiagonal(matrix, fraction * meanDiagonal(matrix));
      }
    }
  }

  /** Mean of the diagonal of a square matrix in double precision. */
  public static double meanDiagonal(NDArray matrix) {
    try (NDArray flat = matrix.reshape(-1);
        NDArray diagonal = diagonal(flat, matrix);
        NDArray mean = diagonal.mean()) {
      return mean.getDouble();
    }
  }

  /** Adds a number to the diagonal of a contiguous square matrix, in place. */
  public static void addToDiagonal(NDArray matrix, double value) {
    try (NDArray flat = matrix.reshape(-1);
        NDArray diagonal = diagonal(flat, matrix)) {
      diagonal.addi(value);
    }
  }

  private static NDArray diagonal(NDArray flat, NDArray matrix) {
    long n = matrix.getShape().get(0);
    return flat.get(new NDIndex("0:{}:{}", n * n, n + 1));
  }

  /** Frees the matrices. */
  @Override
  public void close() {
    a.forEach(block -> block.matrix().close());
    g.close();
  }
}
