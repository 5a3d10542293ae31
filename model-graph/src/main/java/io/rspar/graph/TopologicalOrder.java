package io.rspar.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Puts nodes behind the nodes whose values they read. Nodes keep their given order as far as that
 * allows, so a list that is already ordered comes back unchanged.
 */
public final class TopologicalOrder {
  private TopologicalOrder() {}

  /**
   * The nodes in an order in which every value is written before it is read.
   *
   * @param given names of the graph's inputs and initialisers
   * @throws InvalidModelException MALFORMED if a value is written twice, is read but never written,
   *     or depends on itself
   */
  public static List<Node> of(List<Node> nodes, Set<String> given) {
    Map<String, Integer> writer = writers(nodes, given);
    int[] missing = new int[nodes.size()];
    List<List<Integer>> readers = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      readers.add(new ArrayList<>());
    }
    for (int i = 0; i < nodes.size(); i++) {
      for (String value : reads(nodes.get(i))) {
        if (given.contains(value)) {
          continue;
        }
        Integer source = writer.get(value);
        if (source == null) {
          throw malformed(
              nodes.get(i).describe() + " reads the value '" + value + "', which nothing provides");
        }
        readers.get(source).add(i);
        missing[i]++;
      }
    }
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < missing.length; i++) {
      if (missing[i] == 0) {
        ready.add(i);
      }
    }
    List<Node> ordered = new ArrayList<>(nodes.size());
    while (!ready.isEmpty()) {
      int next = ready.remove();
      ordered.add(nodes.get(next));
      for (int reader : readers.get(next)) {
        if (--missing[reader] == 0) {
          ready.add(reader);
        }
      }
    }
    if (ordered.size() < nodes.size()) {
      for (int i = 0; i < missing.length; i++) {
        if (missing[i] > 0) {
          throw malformed(nodes.get(i).describe() + " depends on its own output");
        }
      }
    }
    return List.copyOf(ordered);
  }

  /** Names of all values that a node reads, those read inside its subgraphs included. */
  public static Set<String> reads(Node node) {
    Set<String> names = new HashSet<>(node.inputs());
    for (Attribute attribute : node.attributes().values()) {
      if (attribute instanceof Attribute.Opaque opaque) {
        names.addAll(opaque.captures());
      }
    }
    names.remove("");
    return names;
  }

  /**
   * The nodes that a graph output depends on, in the given order.
   *
   * @param ordered nodes in topological order
   * @param wanted names of the values to keep
   */
  public static List<Node> live(List<Node> ordered, Set<String> wanted) {
    Set<String> needed = new HashSet<>(wanted);
    ArrayDeque<Node> kept = new ArrayDeque<>();
    for (int i = ordered.size() - 1; i >= 0; i--) {
      Node node = ordered.get(i);
      if (node.outputs().stream().anyMatch(needed::contains)) {
        kept.addFirst(node);
        needed.addAll(reads(node));
      }
    }
    return List.copyOf(kept);
  }

  private static Map<String, Integer> writers(List<Node> nodes, Set<String> given) {
    Map<String, Integer> writer = new HashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      for (String output : nodes.get(i).outputs()) {
        if (output.isEmpty()) {
          continue;
        }
        if (given.contains(output) || writer.put(output, i) != null) {
          throw malformed(
              nodes.get(i).describe()
                  + " writes the value '"
                  + output
                  + "', which already has another source");
        }
      }
    }
    return writer;
  }

  private static InvalidModelException malformed(String message) {
    return new InvalidModelException(
        InvalidModelException.Kind.MALFORMED, message, "export the model again");
  }
}
