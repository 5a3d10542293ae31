package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDList;

/** An operator bound to one node: attributes were read when it was bound. */
@FunctionalInterface
public interface Kernel {
  /**
   * Computes the node's outputs. Results are fresh handles, never an operand itself, so that a
   * caller may close operands and results independently.
   */
  NDList run(Operands in);
}
