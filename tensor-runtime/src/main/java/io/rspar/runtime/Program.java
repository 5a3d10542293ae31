package io.rspar.runtime;

import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.runtime.kernel.ControlFlow;
import io.rspar.runtime.kernel.Kernel;
import io.rspar.runtime.kernel.Kernels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The nodes of a graph in order, each bound to its operator. */
final class Program {

  /** One node, ready to run. */
  record Step(Node node, Kernel kernel) {}

  /**
   * The steps that compute some values.
   *
   * @param steps in order
   * @param lastUses per step: values that no later step reads
   * @param read every value that is read or wanted, but for those that were given
   */
  record Plan(List<Step> steps, List<List<String>> lastUses, Set<String> read) {}

  private static final String LEFT_OUT = "";

  private final List<Step> steps = new ArrayList<>();

  /** Binds every node but constants. */
  Program(Graph graph) {
    for (Node node : graph.nodes()) {
      if (ControlFlow.isKnown(node)) {
        Node whole = Subprogram.withCaptures(node);
        steps.add(
            new Step(whole, ControlFlow.bind(node, name -> Subprogram.of(node, name, graph))));
      } else if (!node.opType().equals("Constant")) {
        steps.add(new Step(node, Kernels.bind(node, graph.opset())));
      }
    }
  }

  List<Step> steps() {
    return steps;
  }

  /** Takes out steps whose outputs are known. */
  void remove(Set<Step> folded) {
    steps.removeAll(folded);
  }

  /**
   * What has to run for some values, and when intermediate values are no longer needed.
   *
   * @param given values that are there already; what only they depend on does not run
   */
  Plan planFor(Set<String> targets, Set<String> given) {
    Set<String> needed = new HashSet<>(targets);
    needed.removeAll(given);
    List<Step> chosen = new ArrayList<>();
    for (int i = steps.size() - 1; i >= 0; i--) {
      Step step = steps.get(i);
      if (step.node().outputs().stream().anyMatch(needed::contains)) {
        needed.addAll(step.node().inputs());
        needed.removeAll(given);
        needed.remove(LEFT_OUT);
        chosen.add(0, step);
      }
    }
    return new Plan(List.copyOf(chosen), lastUses(chosen, targets), needed);
  }

  private static List<List<String>> lastUses(List<Step> chosen, Set<String> targets) {
    Map<String, Integer> last = new HashMap<>();
    Set<String> computed = new HashSet<>();
    for (int i = 0; i < chosen.size(); i++) {
      for (String input : chosen.get(i).node().inputs()) {
        last.put(input, i);
      }
      for (String output : chosen.get(i).node().outputs()) {
        last.putIfAbsent(output, i);
        computed.add(output);
      }
    }
    List<List<String>> lastUses = new ArrayList<>();
    for (int i = 0; i < chosen.size(); i++) {
      lastUses.add(new ArrayList<>());
    }
    last.forEach(
        (value, step) -> {
          if (computed.contains(value) && !targets.contains(value)) {
            lastUses.get(step).add(value);
          }
        });
    return List.copyOf(lastUses);
  }
}
