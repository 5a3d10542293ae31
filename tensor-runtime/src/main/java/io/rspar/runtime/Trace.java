package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Values and gradients of one recorded pass. A gradient is had by adding a zero tensor that
 * requires one: the engine keeps no gradients of intermediate values.
 */
final class Trace implements ValueHook, AutoCloseable {
  private final NDManager manager;
  private final Set<String> differentiated;
  private final Map<String, NDArray> probes = new HashMap<>();
  private final Map<String, NDArray> values = new HashMap<>();

  Trace(NDManager manager, Set<String> differentiated) {
    this.manager = manager;
    this.differentiated = differentiated;
  }

  @Override
  public NDArray apply(String name, NDArray value) {
    if (!differentiated.contains(name)) {
      return value;
    }
    NDArray probe = manager.zeros(value.getShape());
    probe.setRequiresGradient(true);
    NDScope.unregister(probe);
    probes.put(name, probe);
    return value.add(probe);
  }

  /** Keeps a value beyond the scope of the pass. */
  void keep(String name, NDArray value) {
    NDArray kept = value.stopGradient();
    NDScope.unregister(kept);
    values.put(name, kept);
  }

  NDArray value(String name) {
    return values.get(name);
  }

  NDArray gradient(String name) {
    return probes.get(name).getGradient();
  }

  @Override
  public void close() {
    probes.values().forEach(NDArray::close);
    values.values().forEach(NDArray::close);
  }
}
