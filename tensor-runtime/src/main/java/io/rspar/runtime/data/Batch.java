package io.rspar.runtime.data;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * Examples ready for a network.
 *
 * @param x float32, N×C×H×W (N×F for vectors), normalised
 * @param y int64, N: class indices
 * @param others arrays for further inputs of the network, by the input's name: float32, N×…, as
 *     stored
 */
public record Batch(NDArray x, NDArray y, Map<String, NDArray> others) implements AutoCloseable {
  public Batch {
    others = Map.copyOf(others);
  }

  /** A batch for a network with one input. */
  public Batch(NDArray x, NDArray y) {
    this(x, y, Map.of());
  }

  /** Number of examples. */
  public int size() {
    return Math.toIntExact(y.size());
  }

  @Override
  public void close() {
    x.close();
    y.close();
    others.values().forEach(NDArray::close);
  }
}
