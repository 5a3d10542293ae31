package io.rspar.graph.shape;

import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.op.Operators;
import io.rspar.graph.op.ValueFacts;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Shape, element type and, where they follow from constants and static shapes, the elements of
 * every value of a graph. Arithmetic on shapes that exporters leave in a model is computed.
 *
 * <p>A graph with open axes is inferred twice, each open axis with two different extents. An extent
 * or element that both runs agree on is taken as known, everything else as open. This needs no
 * symbolic arithmetic in any operator, and follows an open batch through {@code Shape}, {@code
 * Gather}, {@code Concat} and {@code Reshape} wherever it goes. The extents are found by trying;
 * where the model allows one alone, the axis is known although it is declared open.
 */
public final class Shapes {
  private final Graph graph;
  private final List<Map<String, Shape>> inputs;
  private final List<Map<String, ValueFacts>> witnesses;
  private final Map<String, ValueFacts> merged;

  /** The graph for each of some choices of its inputs' shapes. */
  private Shapes(Graph graph, List<Map<String, Shape>> inputs) {
    this.graph = graph;
    this.inputs = inputs;
    this.witnesses = inputs.stream().map(shapes -> Inference.run(graph, shapes)).toList();
    this.merged = merge(witnesses);
  }

  /**
   * Infers all shapes.
   *
   * @throws InvalidModelException MALFORMED, naming the node whose inputs contradict each other
   */
  public static Shapes infer(Graph graph) {
    if (!OpenAxes.exist(graph)) {
      return new Shapes(graph, List.of(Map.of()));
    }
    InvalidModelException first = null;
    for (OpenAxes.Choice choice : OpenAxes.choices(graph)) {
      try {
        return new Shapes(graph, choice.witnesses());
      } catch (InvalidModelException e) {
        first = first == null ? e : first;
      }
    }
    throw first;
  }

  /**
   * Infers all shapes for one example: open first axes are 1, other open axes 64, or where the
   * model does not allow that the first extent that goes through for other batches, too.
   *
   * @throws InvalidModelException MALFORMED, naming the node whose inputs contradict each other
   */
  public static Shapes inferOneExample(Graph graph) {
    InvalidModelException first;
    try {
      return infer(graph, OpenAxes.example(graph));
    } catch (InvalidModelException e) {
      first = e;
    }
    for (OpenAxes.Choice choice : OpenAxes.choices(graph)) {
      try {
        // An image of one patch may be stretched to any number of positions; two images are not.
        choice.witnesses().forEach(inputs -> infer(graph, inputs));
        return infer(graph, choice.example());
      } catch (InvalidModelException e) {
        first.addSuppressed(e);
      }
    }
    throw first;
  }

  /**
   * Shapes of the inputs of one example, best first, for a model of which some contradict it only
   * when it runs.
   */
  public static List<Map<String, Shape>> examples(Graph graph) {
    Set<Map<String, Shape>> examples = new LinkedHashSet<>();
    Shapes best = inferOneExample(graph);
    examples.add(
        graph.inputs().stream()
            .collect(Collectors.toMap(ValueInfo::name, input -> best.shape(input.name()))));
    OpenAxes.choices(graph).forEach(choice -> examples.add(choice.example()));
    return List.copyOf(examples);
  }

  /**
   * Infers all shapes for inputs of these shapes.
   *
   * @param inputs shapes by name of the graph input; others stay as declared
   * @throws InvalidModelException MALFORMED, naming the node whose inputs contradict each other
   */
  public static Shapes infer(Graph graph, Map<String, Shape> inputs) {
    return new Shapes(graph, List.of(inputs));
  }

  /**
   * Infers the shapes of a graph with the same inputs, for the same choices of the open axes.
   *
   * @throws InvalidModelException MALFORMED, naming the node whose inputs contradict each other
   */
  public Shapes inferAlike(Graph other) {
    return new Shapes(other, inputs);
  }

  /** Whether the graph has a value of this name. */
  public boolean has(String value) {
    return merged.containsKey(value);
  }

  /**
   * Shape of a value; {@link Shape#UNRANKED} behind an operator that is not understood.
   *
   * @throws IllegalArgumentException if the graph has no such value
   */
  public Shape shape(String value) {
    return facts(value).shape();
  }

  /**
   * Shape of a value for each concrete choice of the open axes.
   *
   * @throws IllegalArgumentException if the graph has no such value
   */
  public List<Shape> shapes(String value) {
    facts(value);
    return witnesses.stream().map(w -> w.get(value).shape()).toList();
  }

  /**
   * Period of a value's axes: the extent, where it is open the greatest common divisor of those
   * tried. Where an open batch is merged with heads, that is the number of heads.
   *
   * @throws IllegalArgumentException if the graph has no such value
   */
  public Shape periods(String value) {
    Shape periods = shape(value);
    for (int axis = 0; periods.isRanked() && axis < periods.rank(); axis++) {
      if (!periods.isKnown(axis)) {
        BigInteger common = BigInteger.ZERO;
        for (Shape shape : shapes(value)) {
          common = common.gcd(BigInteger.valueOf(shape.dim(axis)));
        }
        periods = periods.withDim(axis, common.longValue());
      }
    }
    return periods;
  }

  /** Element type of a value; empty behind an operator that is not understood. */
  public Optional<DataType> type(String value) {
    return facts(value).type();
  }

  /** Elements of an initialiser, of a {@code Constant} node, or of computed shape arithmetic. */
  public Optional<Tensor> constant(String value) {
    return facts(value).value();
  }

  /** All that is known about a value. */
  public ValueFacts facts(String value) {
    ValueFacts facts = merged.get(value);
    if (facts == null) {
      throw new IllegalArgumentException("the graph has no value '" + value + "'");
    }
    return facts;
  }

  /** A node of the graph with all that is known about its values. */
  public NodeFacts node(Node node) {
    return Inference.facts(graph, node, merged, node.outputs());
  }

  /** The node as it is for each concrete choice of the open axes. */
  public List<NodeFacts> witnesses(Node node) {
    return witnesses.stream().map(w -> Inference.facts(graph, node, w, node.outputs())).toList();
  }

  /**
   * Whether all results of a node are elements known for each choice of the open axes, and no
   * weights: neither computed from weights nor a part of one between computed bounds.
   */
  public boolean isShapeArithmetic(Node node) {
    NodeFacts facts = node(node);
    boolean weight = facts.outputs().stream().anyMatch(o -> o.constant() && o.isFloatingPoint());
    boolean part =
        Operators.of(node).readsAsDescription(1)
            && facts.isConstant(0)
            && facts.inputs().get(0).isFloatingPoint()
            && facts.input(0).rank() > 0;
    return !weight
        && !part
        && witnesses(node).stream()
            .flatMap(w -> w.outputs().stream())
            .allMatch(ValueFacts::isShapeArithmetic);
  }

  private static Map<String, ValueFacts> merge(List<Map<String, ValueFacts>> witnesses) {
    if (witnesses.size() == 1) {
      return witnesses.get(0);
    }
    Map<String, ValueFacts> merged = new HashMap<>();
    witnesses
        .get(0)
        .forEach((name, facts) -> merged.put(name, merge(facts, witnesses.get(1).get(name))));
    return merged;
  }

  private static ValueFacts merge(ValueFacts a, ValueFacts b) {
    // What follows from constants alone is the same in both; comparing weights would be slow.
    boolean equal = a.constant() || a.value().equals(b.value());
    return new ValueFacts(
        a.type(), merge(a.shape(), b.shape()), equal ? a.value() : Optional.empty(), a.constant());
  }

  private static Shape merge(Shape a, Shape b) {
    if (!a.isRanked() || !b.isRanked() || a.rank() != b.rank()) {
      return Shape.UNRANKED;
    }
    Shape shape = a;
    for (int axis = 0; axis < a.rank(); axis++) {
      if (a.dim(axis) != b.dim(axis)) {
        shape = shape.withDim(axis, Shape.UNKNOWN);
      }
    }
    return shape;
  }
}
