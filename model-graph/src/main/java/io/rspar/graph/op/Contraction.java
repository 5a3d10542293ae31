package io.rspar.graph.op;

import io.rspar.graph.Shape;

/** The axis over which a matrix product sums. */
final class Contraction {
  private Contraction() {}

  /**
   * Couples the summed axes of the two factors and declares the axes of the constant one. Two
   * computed factors (queries and keys, say) have no weight that reads the channels; they meet
   * index by index.
   *
   * @param summedOfA axis of input 0 that is summed over
   * @param keptOfA axis of input 0 that reaches the output
   * @param summedOfB axis of input 1 that is summed over
   * @param keptOfB axis of input 1 that reaches the output
   */
  static void couple(Coupling c, Axis summedOfA, Axis keptOfA, Axis summedOfB, Axis keptOfB) {
    c.unify(summedOfA, summedOfB);
    if (summedOfA.extent() == Shape.UNKNOWN) {
      c.freeze(summedOfA, "a product sums over it, and it is open");
    }
    boolean constantA = c.facts().isConstant(0);
    boolean constantB = c.facts().isConstant(1);
    if (constantA && constantB) {
      c.freeze(summedOfA, "a product of two constants sums over it");
    } else if (constantA || constantB) {
      c.role(constantA ? summedOfA : summedOfB, Role.CONSUMER);
      c.role(constantA ? keptOfA : keptOfB, Role.PRODUCER);
    }
  }
}
