package io.rspar.runtime;

import ai.djl.ndarray.NDArray;

/** Receives a value of the graph and its gradient for one batch. */
@FunctionalInterface
public interface ValueObserver {
  /**
   * Called once per batch and observed value. The arrays are closed after the call.
   *
   * @param name of the value in the graph
   * @param value N×…
   * @param gradient of the summed per-example loss with respect to the value, N×…
   */
  void onValue(String name, NDArray value, NDArray gradient);
}
