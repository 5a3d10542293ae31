package io.rspar.runtime;

import ai.djl.ndarray.NDArray;

/** Sees every value of a forward pass and may replace it: masks, probes, noise. */
@FunctionalInterface
public interface ValueHook {
  /** Leaves every value as it is. */
  ValueHook NONE = (name, value) -> value;

  /**
   * Called when a node's output has been computed, before any consumer reads it.
   *
   * @param name of the value in the graph
   * @return the same array, or another one of the same shape, which the pass closes
   */
  NDArray apply(String name, NDArray value);
}
