package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import java.util.IdentityHashMap;
import java.util.Map;

/** Weights and statistics of a network at one moment, to go back to after trying something. */
public final class Savepoint implements AutoCloseable {
  private final Map<NDArray, NDArray> copies = new IdentityHashMap<>();

  Savepoint(Map<String, NDArray> parameters, Map<String, NDArray> statistics) {
    parameters.values().forEach(this::remember);
    statistics.values().forEach(this::remember);
  }

  private void remember(NDArray live) {
    NDArray copy = live.duplicate();
    NDScope.unregister(copy);
    copies.put(live, copy);
  }

  /** Puts everything back. */
  public void restore() {
    copies.forEach((live, copy) -> copy.copyTo(live));
  }

  @Override
  public void close() {
    copies.values().forEach(NDArray::close);
  }
}
