package io.rspar.runtime;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Values and gradients of one recorded pass. */
final class Trace implements ValueHook, AutoCloseable {
  private final Set<String> differentiated;

  /** What is computed from them. */
  private final Set<String> derived = new HashSet<>();

  private final Map<String, NDArray> watched = new HashMap<>();
  private final Map<String, NDArray> values = new HashMap<>();
  private final Map<String, NDArray> gradients = new HashMap<>();

  /**
   * @param differentiated values whose gradients are wanted
   * @param plan what will run
   */
  Trace(Set<String> differentiated, Program.Plan plan) {
    this.differentiated = differentiated;
    for (Program.Step step : plan.steps()) {
      if (step.node().inputs().stream()
          .anyMatch(input -> differentiated.contains(input) || derived.contains(input))) {
        derived.addAll(step.node().outputs());
      }
    }
  }

  /**
   * A value that is computed from none of the others becomes where gradients begin; of the rest the
   * engine is told to keep theirs.
   */
  @Override
  public NDArray apply(String name, NDArray value) {
    if (!differentiated.contains(name)) {
      return value;
    }
    NDArray seen = value;
    if (!derived.contains(name) || !retains(value)) {
      seen = value.stopGradient();
      seen.setRequiresGradient(true);
    }
    watched.put(name, seen);
    return seen;
  }

  /** Whether the engine will keep the gradient; not if no differentiable operation leads here. */
  private static boolean retains(NDArray value) {
    try {
      TorchScript.retainGradient(value);
      return true;
    } catch (EngineException e) {
      return false;
    }
  }

  /** After the backward pass: keeps the gradients, and some values, beyond the pass's scope. */
  void keep(Map<String, NDArray> wanted) {
    watched.forEach((name, value) -> gradients.put(name, kept(value.getGradient())));
    watched.clear();
    wanted.forEach((name, value) -> values.put(name, kept(value.stopGradient())));
  }

  private static NDArray kept(NDArray array) {
    NDScope.unregister(array);
    return array;
  }

  NDArray value(String name) {
    return values.get(name);
  }

  /** The gradient of a value, which the caller closes; it can be taken once. */
  NDArray takeGradient(String name) {
    return gradients.remove(name);
  }

  @Override
  public void close() {
    gradients.values().forEach(NDArray::close);
    values.values().forEach(NDArray::close);
  }
}
