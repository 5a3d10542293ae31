package io.rspar.graph.op;

import java.util.List;

/**
 * One ONNX operator. Implementations have no state beyond their construction.
 *
 * <p>All shapes that {@link #infer} and {@link #macs} see are static: a model with open axes is
 * inferred for several concrete extents of them, and what differs is open (see {@code Shapes}).
 */
public interface Operator {
  /**
   * What leaves the node. All inputs have static shapes.
   *
   * @return one entry per output of the operator, in order; entries beyond the outputs that the
   *     node uses are ignored
   * @throws io.rspar.graph.InvalidModelException MALFORMED if the inputs cannot go together (see
   *     {@link NodeFacts#malformed})
   */
  List<ValueFacts> infer(NodeFacts node);

  /**
   * Multiply-accumulate operations of the node for these shapes. Counted are convolutions, matrix
   * products and normalisations that scale and shift every element (2 per element, as the usual
   * counters do); activations, pooling and data movement count as 0.
   */
  default long macs(NodeShapes node) {
    return 0;
  }

  /**
   * Tells which axes must be cut together and which must not be cut. Whatever is neither unified
   * nor frozen here is declared independent of everything else.
   */
  void couple(Coupling coupling);

  /** Adapts attributes and constant inputs that hold extents or positions of shortened axes. */
  default void rewrite(Rewrite rewrite) {}

  /**
   * Restricts whatever the node adds up or compares over a cut axis to the indices that stay. An
   * operator that computes each index for itself has nothing to do; one that cannot restrict itself
   * freezes the axis.
   */
  default void mask(Masking masking) {}

  /**
   * Whether the input is a description (a target shape, split sizes, indices), whose value {@link
   * #couple} reads and {@link #rewrite} replaces by a constant, rather than data that flows
   * through. A description that is not replaced must be reported with {@link
   * Coupling#keepsDescription}.
   */
  default boolean readsAsDescription(int input) {
    return false;
  }

  /** Whether a constant floating-point tensor at this input is trained, and so a parameter. */
  default boolean isParameter(int input) {
    return true;
  }
}
