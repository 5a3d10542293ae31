package io.rspar.runtime.data;

import ai.djl.ndarray.NDArray;

/**
 * Examples ready for a network.
 *
 * @param x float32, N×C×H×W (N×F for vectors), normalised
 * @param y int64, N: class indices
 */
public record Batch(NDArray x, NDArray y) implements AutoCloseable {
  /** Number of examples. */
  public int size() {
    return Math.toIntExact(y.size());
  }

  @Override
  public void close() {
    x.close();
    y.close();
  }
}
