package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Forward passes of many batches that advance together, node by node, so that a weight can be
 * changed when everything before it is final and nothing after it has been computed. Every value is
 * computed once; what later nodes read stays in memory, for all batches.
 */
public final class LayerwisePass implements AutoCloseable {
  private final NDManager manager;
  private final Program.Plan plan;
  private final List<Node> nodes;
  private final Map<String, Integer> positions = new HashMap<>();
  private final List<Pass> passes = new ArrayList<>();
  private final String target;
  private final Set<String> retained;
  private int position;

  /**
   * @param manager owns the values; closed with this object
   * @param plan what to compute
   * @param target the value that it is for
   * @param batches the network's inputs by name, per batch; closed with this object
   * @param retained values kept until they are released; the passes look into this very set
   * @param passes makes one pass
   */
  LayerwisePass(
      NDManager manager,
      Program.Plan plan,
      String target,
      List<Map<String, NDArray>> batches,
      Set<String> retained,
      Supplier<Pass> passes) {
    this.manager = manager;
    this.plan = plan;
    this.nodes = plan.steps().stream().map(Program.Step::node).toList();
    for (int i = 0; i < nodes.size(); i++) {
      positions.put(nodes.get(i).name(), i);
    }
    this.target = target;
    this.retained = retained;
    for (Map<String, NDArray> batch : batches) {
      Pass pass = passes.get();
      batch.forEach(
          (input, array) -> {
            NDScope.unregister(array);
            array.attach(manager);
            pass.begin(input, array);
          });
      this.passes.add(pass);
    }
  }

  /** Number of batches. */
  public int batches() {
    return passes.size();
  }

  /** Nodes that the passes compute, in order. */
  public List<Node> nodes() {
    return nodes;
  }

  /**
   * Computes everything before a node, if it is not computed yet.
   *
   * @throws IllegalStateException if the node has been computed already
   */
  public void runBefore(Node node) {
    int target = positions.getOrDefault(node.name(), -1);
    if (target < position) {
      throw new IllegalStateException(node.describe() + " is behind these passes or not in them");
    }
    runTo(target);
  }

  /** Computes everything up to a value, the value included. */
  public void runThrough(String value) {
    for (int i = position; i < plan.steps().size(); i++) {
      if (plan.steps().get(i).node().outputs().contains(value)) {
        runTo(i + 1);
        return;
      }
    }
  }

  private void runTo(int target) {
    Autograd.stopRecordingByDefault();
    for (; position < target; position++) {
      for (Pass pass : passes) {
        pass.advance(plan, position);
      }
    }
  }

  /**
   * What the network would give if the passes went on from here with its weights as they are now.
   * The passes themselves stay where they are.
   *
   * @return the last value of the plan per batch; the caller closes them
   */
  public List<NDArray> outcome() {
    Autograd.stopRecordingByDefault();
    List<NDArray> outcomes = new ArrayList<>();
    for (Pass pass : passes) {
      Pass fork = pass.fork();
      for (int i = position; i < plan.steps().size(); i++) {
        fork.advance(plan, i);
      }
      outcomes.add(fork.value(target));
    }
    return outcomes;
  }

  /**
   * A value of one batch; null if it has not been computed yet or is no longer needed. Owned by
   * this object.
   */
  public NDArray value(int batch, String name) {
    return passes.get(batch).value(name);
  }

  /** No longer keeps a retained value for the caller: it goes after its last use. */
  public void release(String name) {
    retained.remove(name);
    for (int i = position; i < plan.steps().size(); i++) {
      if (plan.lastUses().get(i).contains(name)) {
        return;
      }
    }
    passes.forEach(pass -> pass.discard(name));
  }

  @Override
  public void close() {
    manager.close();
  }
}
