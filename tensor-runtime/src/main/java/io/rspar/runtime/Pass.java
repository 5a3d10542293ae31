package io.rspar.runtime;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Tensor;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.kernel.Operands;
import io.rspar.runtime.kernel.StatisticsSink;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One forward pass: computes values in order and closes each after its last use. While gradients
 * are recorded, the engine keeps what the backward pass needs; closing a handle does not free it.
 */
final class Pass {
  private final NDManager manager;
  private final Map<String, NDArray> constants;
  private final Map<String, Tensor> hostConstants;
  private final Mode mode;
  private final StatisticsSink statistics;
  private final ValueHook hook;
  private final Set<String> retained;
  private final Map<String, NDArray> values = new HashMap<>();
  private final Set<String> borrowed = new HashSet<>();

  /**
   * @param manager owns what the pass makes
   * @param constants parameters, statistics and fixed tensors by name
   * @param hostConstants copies of fixed tensors on the host
   * @param retained values that stay open after the pass
   */
  Pass(
      NDManager manager,
      Map<String, NDArray> constants,
      Map<String, Tensor> hostConstants,
      Mode mode,
      StatisticsSink statistics,
      ValueHook hook,
      Set<String> retained) {
    this.manager = manager;
    this.constants = constants;
    this.hostConstants = hostConstants;
    this.mode = mode;
    this.statistics = statistics;
    this.hook = hook;
    this.retained = retained;
  }

  /**
   * Computes values; the caller closes them, or the scope does in which the pass runs.
   *
   * @param given values that are not computed: the model's inputs, or values of an earlier pass
   * @return one array per target, none of them a given one
   */
  Map<String, NDArray> run(
      Program.Plan plan, Map<String, NDArray> given, Collection<String> targets) {
    given.forEach(this::give);
    Map<String, NDArray> results = new LinkedHashMap<>();
    try {
      for (int i = 0; i < plan.steps().size(); i++) {
        run(plan.steps().get(i));
        release(plan.lastUses().get(i));
      }
      targets.forEach(target -> results.put(target, result(target)));
    } finally {
      List<String> left = new ArrayList<>(values.keySet());
      left.removeAll(results.keySet());
      release(left);
    }
    return results;
  }

  private void give(String name, NDArray array) {
    NDArray seen = hook.apply(name, array);
    values.put(name, seen);
    if (seen == array) {
      borrowed.add(name);
    }
  }

  private NDArray result(String target) {
    NDArray value = values.get(target);
    NDArray result =
        value == null
            ? constants.get(target).duplicate()
            : borrowed.contains(target) ? value.reshape(value.getShape()) : value;
    result.attach(manager);
    return result;
  }

  /** Gives the input of passes that advance step by step. */
  void begin(String input, NDArray x) {
    values.put(input, x);
  }

  /** Advances by one step; what it makes belongs to the manager, not to a scope of the caller's. */
  void advance(Program.Plan plan, int position) {
    Program.Step step = plan.steps().get(position);
    run(step);
    for (String output : step.node().outputs()) {
      if (values.containsKey(output)) {
        NDScope.unregister(values.get(output));
      }
    }
    release(plan.lastUses().get(position));
  }

  /** A pass that goes on from here without changing this one, whose values it must not outlive. */
  Pass fork() {
    Pass fork = new Pass(manager, constants, hostConstants, mode, statistics, hook, Set.of());
    fork.values.putAll(values);
    fork.borrowed.addAll(values.keySet());
    return fork;
  }

  /** Drops a value. */
  void discard(String name) {
    NDArray value = values.remove(name);
    if (value != null && !borrowed.contains(name)) {
      value.close();
    }
  }

  /** A retained value, which the caller closes. */
  NDArray value(String name) {
    NDArray value = values.get(name);
    return value != null ? value : constants.get(name);
  }

  /** Computes the outputs of one node. */
  void run(Program.Step step) {
    Node node = step.node();
    NDList outputs;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      outputs = compute(step);
      NDScope.unregister(outputs);
    }
    for (int i = 0; i < node.outputs().size() && i < outputs.size(); i++) {
      String name = node.output(i);
      NDArray value = outputs.get(i);
      if (name.isEmpty()) {
        value.close();
        continue;
      }
      NDScope.register(value);
      NDArray seen = hook.apply(name, value);
      if (seen != value) {
        value.close();
      }
      values.put(name, seen);
    }
  }

  /** Runs the kernel; what the engine objects to is told in terms of the graph. */
  private NDList compute(Program.Step step) {
    Node node = step.node();
    try {
      return step.kernel().run(operands(node));
    } catch (EngineException | IllegalArgumentException | UnsupportedOperationException e) {
      List<String> inputs =
          node.inputs().stream()
              .map(name -> values.getOrDefault(name, constants.get(name)))
              .map(array -> array == null ? "none" : array.getShape().toString())
              .toList();
      String cause = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new InvalidModelException(
          InvalidModelException.Kind.MALFORMED,
          node.describe() + " cannot be computed for inputs of shapes " + inputs + ": " + cause,
          "check that the model runs in ONNX Runtime; use smaller batches if memory ran out",
          e);
    }
  }

  private Operands operands(Node node) {
    int count = node.inputs().size();
    NDArray[] arrays = new NDArray[count];
    Tensor[] host = new Tensor[count];
    for (int i = 0; i < count; i++) {
      if (node.hasInput(i)) {
        NDArray value = values.get(node.input(i));
        arrays[i] = value != null ? value : constants.get(node.input(i));
        host[i] = value != null ? null : hostConstants.get(node.input(i));
      }
    }
    return new Operands(node, manager, arrays, host, mode, statistics);
  }

  private void release(List<String> names) {
    for (String name : names) {
      if (!retained.contains(name)) {
        discard(name);
      }
    }
  }
}
