package io.rspar.graph.surgery;

import io.rspar.graph.Attribute;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.TopologicalOrder;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.coupling.ChannelShuffle;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.op.Operator;
import io.rspar.graph.op.Operators;
import io.rspar.graph.shape.Shapes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Cuts a graph, or masks it: the same function with and without the zeros. */
public final class Surgeon {
  private Surgeon() {}

  /**
   * The smaller graph. Weights are sliced, descriptions in attributes and constants rewritten, and
   * what nothing reads any more dropped. The same plan always gives the same graph.
   *
   * @param dependencies of this very graph
   * @throws InvalidModelException INVALID_CUT if the plan does not fit the graph
   */
  public static Graph cut(Graph graph, DependencyGraph dependencies, PruningPlan plan) {
    Kept kept = new Kept(dependencies, plan);
    Map<String, Tensor> weights = new LinkedHashMap<>();
    graph.initializers().forEach((name, tensor) -> weights.put(name, kept.slice(name, tensor)));
    List<Node> nodes = new ArrayList<>(graph.nodes().size());
    Set<String> stale = stale(graph, dependencies.shapes(), kept);
    Map<String, ChannelShuffle> shuffles = new HashMap<>();
    for (ChannelShuffle shuffle : dependencies.shuffles()) {
      if (isReplaced(shuffle, kept, stale)) {
        shuffles.put(shuffle.split().name(), shuffle);
        shuffles.put(shuffle.transpose().name(), shuffle);
        shuffles.put(shuffle.merge().name(), shuffle);
      }
    }
    for (Node node : graph.nodes()) {
      ChannelShuffle shuffle = shuffles.get(node.name());
      if (shuffle == null) {
        nodes.addAll(cut(node, dependencies.shapes(), kept, weights, stale));
      } else if (shuffle.merge().equals(node)) {
        nodes.add(gather(shuffle, dependencies.shapes(), kept, weights));
      }
    }
    Graph cut = withoutDead(graph, nodes, weights);
    verify(graph, cut, dependencies.shapes(), kept);
    return cut.withValues(declarations(graph, cut, kept));
  }

  /** Whether its nodes would not do for the cut network, or no longer see the extents they need. */
  private static boolean isReplaced(ChannelShuffle shuffle, Kept kept, Set<String> stale) {
    return kept.shrinks(shuffle.input())
        || stale.contains(shuffle.split().input(1))
        || stale.contains(shuffle.merge().input(1));
  }

  /** One node that reorders what is left of the channels. */
  private static Node gather(
      ChannelShuffle shuffle, Shapes shapes, Kept kept, Map<String, Tensor> weights) {
    int axis = shuffle.axis();
    int extent = shuffle.source().length;
    Map<Integer, Integer> moved = new HashMap<>();
    for (int old : kept.allIndices(shuffle.input(), axis, extent)) {
      moved.put(old, moved.size());
    }
    long[] indices =
        Arrays.stream(kept.allIndices(shuffle.output(), axis, extent))
            .mapToLong(i -> moved.get(shuffle.source()[i]))
            .toArray();
    String order = NodeRewrite.fresh(shuffle.output() + ".order", weights);
    weights.put(order, Tensor.ofLongs(Shape.of(indices.length), indices));
    return new Node(
        shuffle.merge().name(),
        "",
        "Gather",
        List.of(shuffle.input(), order),
        List.of(shuffle.output()),
        Map.of("axis", new Attribute.OfInt(axis)));
  }

  /** Shape arithmetic whose result changes because extents that it reads are cut. */
  private static Set<String> stale(Graph graph, Shapes shapes, Kept kept) {
    Set<String> stale = new HashSet<>();
    for (Node node : graph.nodes()) {
      boolean reads =
          node.opType().equals("Shape") || node.opType().equals("Size")
              ? kept.shrinks(node.input(0))
              : node.inputs().stream().anyMatch(stale::contains);
      if (reads && shapes.isShapeArithmetic(node)) {
        stale.addAll(node.outputs());
      }
    }
    return stale;
  }

  private static List<Node> cut(
      Node node, Shapes shapes, Kept kept, Map<String, Tensor> weights, Set<String> stale) {
    if (isConstant(node)) {
      String value = node.output(0);
      return List.of(
          kept.shrinks(value)
              ? withTensor(node, kept.slice(value, shapes.constant(value).orElseThrow()))
              : node);
    }
    Operator operator = Operators.of(node);
    NodeFacts facts = shapes.node(node);
    boolean touched =
        node.inputs().stream().anyMatch(kept::shrinks)
            || node.outputs().stream().anyMatch(kept::shrinks);
    boolean misled = node.inputs().stream().anyMatch(stale::contains);
    if ((!touched && !misled) || (misled && shapes.isShapeArithmetic(node))) {
      return List.of(node);
    }
    NodeRewrite rewrite = new NodeRewrite(facts, shapes.witnesses(node), kept, weights, stale);
    operator.rewrite(rewrite);
    rewrite.keepStaleValues();
    return rewrite.result();
  }

  private static boolean isConstant(Node node) {
    return node.opType().equals("Constant") && node.domain().isEmpty();
  }

  private static Node withTensor(Node node, Tensor tensor) {
    return new Node(
        node.name(),
        node.domain(),
        node.opType(),
        node.inputs(),
        node.outputs(),
        Map.of("value", new Attribute.OfTensor(tensor)));
  }

  private static Graph withoutDead(Graph graph, List<Node> nodes, Map<String, Tensor> weights) {
    Set<String> wanted = new HashSet<>();
    graph.outputs().forEach(output -> wanted.add(output.name()));
    List<Node> live = TopologicalOrder.live(nodes, wanted);
    live.forEach(node -> wanted.addAll(TopologicalOrder.reads(node)));
    Map<String, Tensor> used = new LinkedHashMap<>();
    weights.forEach(
        (name, tensor) -> {
          if (wanted.contains(name)) {
            used.put(name, tensor);
          }
        });
    return graph.withNodesAndInitializers(live, used);
  }

  /** What the original declares about values that the cut graph still has, in their new shapes. */
  private static List<ValueInfo> declarations(Graph graph, Graph cut, Kept kept) {
    Set<String> present = new HashSet<>();
    cut.nodes().forEach(node -> present.addAll(node.outputs()));
    return graph.values().stream()
        .filter(value -> present.contains(value.name()) && kept.hasRank(value))
        .map(value -> kept.shrinks(value.name()) ? shrunk(value, kept) : value)
        .toList();
  }

  /** With the extents of the cut where the original declares any, and symbols where it has some. */
  private static ValueInfo shrunk(ValueInfo value, Kept kept) {
    Shape shape = value.shape();
    for (int axis = 0; shape.isRanked() && axis < shape.rank(); axis++) {
      Optional<int[]> indices = kept.indices(value.name(), axis);
      if (indices.isPresent() && shape.isKnown(axis)) {
        shape = shape.withDim(axis, indices.get().length);
      }
    }
    return new ValueInfo(value.name(), value.type(), shape, value.symbols());
  }

  /** Infers the shapes of the result afresh: they must be those that the coupling foretells. */
  private static void verify(Graph original, Graph cut, Shapes before, Kept kept) {
    Shapes after = before.inferAlike(cut);
    for (Node node : cut.nodes()) {
      for (String output : node.outputs()) {
        if (output.isEmpty() || !kept.knows(output)) {
          continue;
        }
        List<Shape> found = after.shapes(output);
        List<Shape> foretold =
            before.shapes(output).stream()
                .map(shape -> shape.isStatic() ? kept.shape(output, shape) : shape)
                .toList();
        if (!found.equals(foretold)) {
          throw contradiction(node.describe(), output, found.get(0), foretold.get(0));
        }
      }
    }
    for (ValueInfo output : original.outputs()) {
      if (kept.shrinks(output.name())) {
        throw contradiction("the graph", output.name(), output.shape(), kept.shape(output.name()));
      }
    }
  }

  private static InvalidModelException contradiction(
      String where, String value, Shape found, Shape foretold) {
    return new InvalidModelException(
        InvalidModelException.Kind.INVALID_CUT,
        where + " gives '" + value + "' the shape " + found + " after the cut, not " + foretold,
        "exclude the layers around it and report the model");
  }

  /**
   * The masked original: the graph in its original shapes, in which every sum, mean or extremum
   * over an axis runs over the indices that stay. The inputs of convolutions and matrix products
   * have zeros at removed indices; statistics of normalisations are taken over the others. It
   * computes what the cut graph computes, wherever an index stays.
   *
   * @throws InvalidModelException INVALID_CUT if the plan does not fit the graph
   */
  public static Graph mask(Graph graph, DependencyGraph dependencies, PruningPlan plan) {
    Kept kept = new Kept(dependencies, plan);
    Map<String, Tensor> weights = new LinkedHashMap<>(graph.initializers());
    List<Node> nodes = new ArrayList<>(graph.nodes().size());
    for (Node node : graph.nodes()) {
      if (node.inputs().stream().noneMatch(kept::shrinks)) {
        nodes.add(node);
        continue;
      }
      NodeMasking masking =
          new NodeMasking(
              dependencies.shapes().node(node),
              dependencies.shapes().witnesses(node),
              kept,
              graph.opset(),
              weights);
      Operators.of(node).mask(masking);
      nodes.addAll(masking.result());
    }
    return graph.withNodesAndInitializers(nodes, weights);
  }
}
