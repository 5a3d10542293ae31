package io.rspar.runtime.data;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Examples ready for a network.
 *
 * @param x float32, N×C×H×W (N×F for vectors), normalised
 * @param y int64, N: class indices
 * @param others arrays for further inputs of the network, by the input's name: float32, N×…, as
 *     stored
 * @param indices N: where the examples lie in their data set
 */
public record Batch(NDArray x, NDArray y, Map<String, NDArray> others, int[] indices)
    implements AutoCloseable {
  public Batch {
    others = Map.copyOf(others);
  }

  /** The first examples of their data set, for a network with one input. */
  public Batch(NDArray x, NDArray y) {
    this(x, y, Map.of(), IntStream.range(0, Math.toIntExact(y.size())).toArray());
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
