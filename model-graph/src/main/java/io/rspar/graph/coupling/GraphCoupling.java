package io.rspar.graph.coupling;

import io.rspar.graph.Attribute;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.op.Axis;
import io.rspar.graph.op.Coupling;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.op.Operator;
import io.rspar.graph.op.Operators;
import io.rspar.graph.op.Role;
import io.rspar.graph.op.ValueFacts;
import io.rspar.graph.shape.Shapes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Asks every node's operator which ids belong together and collects the answers. */
final class GraphCoupling {
  /** An axis whose entries a node declared to have a role. */
  record Declaration(Node node, Role role, String value, int axis) {}

  private record Factoring(String node, Axis product, List<Axis> factors) {}

  private final Shapes shapes;
  private final List<Pattern> exclude;
  private final IdSpace ids = new IdSpace();
  private final Classes classes;
  private final List<Declaration> declarations = new ArrayList<>();
  private final List<Factoring> factorings = new ArrayList<>();
  private final List<ChannelShuffle> shuffles;

  private final ExtentSources shapeArithmetic;

  GraphCoupling(Graph graph, Shapes shapes, List<Pattern> exclude) {
    this.shapes = shapes;
    this.exclude = exclude;
    this.shapeArithmetic = new ExtentSources(shapes);
    graph.inputs().forEach(input -> ids.add(input.name(), shapes.shape(input.name())));
    for (Node node : graph.nodes()) {
      node.inputs().stream().filter(i -> !i.isEmpty()).forEach(i -> ids.add(i, shapes.shape(i)));
      node.outputs().stream().filter(o -> !o.isEmpty()).forEach(o -> ids.add(o, shapes.shape(o)));
    }
    classes = new Classes(ids.size());
    for (ValueInfo input : graph.inputs()) {
      freezeValue(input.name(), "model input '" + input.name() + "'", "its axes are given");
    }
    for (ValueInfo output : graph.outputs()) {
      freezeValue(output.name(), "model output '" + output.name() + "'", "its axes are given");
    }
    shuffles = ChannelShuffle.find(graph, shapes);
    Map<Node, ChannelShuffle> merges = new HashMap<>();
    Set<Node> covered = new HashSet<>();
    for (ChannelShuffle shuffle : shuffles) {
      merges.put(shuffle.merge(), shuffle);
      covered.addAll(List.of(shuffle.split(), shuffle.transpose()));
    }
    for (Node node : graph.nodes()) {
      if (merges.containsKey(node)) {
        visit(merges.get(node));
      } else if (!covered.contains(node)) {
        visit(node);
      }
    }
    for (ValueInfo output : graph.outputs()) {
      freezeSources(output.name(), "model output '" + output.name() + "'");
    }
    freezeExcluded();
    factorings.forEach(this::resolve);
  }

  IdSpace ids() {
    return ids;
  }

  Classes classes() {
    return classes;
  }

  List<Declaration> declarations() {
    return declarations;
  }

  List<ChannelShuffle> shuffles() {
    return shuffles;
  }

  private void visit(Node node) {
    NodeFacts facts = shapes.node(node);
    List<NodeFacts> witnesses = shapes.witnesses(node);
    Operator operator = Operators.of(node);
    NodeCoupling coupling = new NodeCoupling(facts, witnesses);
    for (Attribute attribute : node.attributes().values()) {
      if (attribute instanceof Attribute.Opaque opaque) {
        for (String captured : opaque.captures()) {
          freezeValue(captured, node.describe(), "it is read inside a subgraph");
          freezeSources(captured, node.describe());
        }
      }
    }
    boolean understood =
        Operators.isKnown(node) && witnesses.stream().allMatch(GraphCoupling::isStatic);
    if (understood && isShapeArithmetic(facts, witnesses)) {
      // Its integers follow from constants and extents; who uses them decides what that means.
      shapeArithmetic.add(node);
      return;
    }
    if (understood) {
      operator.couple(coupling);
    } else {
      coupling.freezeAll(
          Operators.isKnown(node)
              ? "the shapes of its values are not known"
              : "the operator is not understood");
    }
    for (int i = 0; i < node.inputs().size(); i++) {
      if (!understood || !operator.readsAsDescription(i) || coupling.keptDescriptions.contains(i)) {
        freezeSources(node.input(i), node.describe());
      } else if (coupling.keptElements.containsKey(i)) {
        boolean[] kept = coupling.keptElements.get(i);
        for (int element = 0; element < kept.length; element++) {
          if (kept[element]) {
            freeze(shapeArithmetic.of(node.input(i), element), node.describe());
          }
        }
      }
    }
  }

  /** Input and output are coupled; the values between them exist only while nothing is cut. */
  private void visit(ChannelShuffle shuffle) {
    for (int axis = 0; axis < ids.rank(shuffle.input()); axis++) {
      int in = ids.first(shuffle.input(), axis);
      int out = ids.first(shuffle.output(), axis);
      for (int i = 0; i < ids.extent(shuffle.input(), axis); i++) {
        classes.unify(in + (axis == shuffle.axis() ? shuffle.source()[i] : i), out + i);
      }
    }
  }

  private static boolean isStatic(NodeFacts node) {
    for (int i = 0; i < node.inputs().size(); i++) {
      if (node.has(i) && !node.input(i).isStatic()) {
        return false;
      }
    }
    for (int o = 0; o < node.outputs().size(); o++) {
      if (!node.node().output(o).isEmpty() && !node.output(o).isStatic()) {
        return false;
      }
    }
    return true;
  }

  /** Whether all results are known elements other than weights computed from weights. */
  private static boolean isShapeArithmetic(NodeFacts facts, List<NodeFacts> witnesses) {
    boolean weights = facts.outputs().stream().anyMatch(o -> o.constant() && o.isFloatingPoint());
    return !weights
        && witnesses.stream()
            .flatMap(w -> w.outputs().stream())
            .allMatch(ValueFacts::isShapeArithmetic);
  }

  private void freezeValue(String value, String node, String text) {
    if (ids.contains(value)) {
      int reason = classes.reason(node, text);
      for (int axis = 0; axis < ids.rank(value); axis++) {
        freezeAxis(value, axis, reason);
      }
    }
  }

  private void freezeAxis(String value, int axis, int reason) {
    int first = ids.first(value, axis);
    for (int i = 0; i < ids.extent(value, axis); i++) {
      classes.freeze(first + i, reason);
    }
  }

  /** Freezes every axis whose extent went into a value of shape arithmetic. */
  private void freezeSources(String value, String reader) {
    freeze(shapeArithmetic.of(value), reader);
  }

  private void freeze(Set<ExtentSources.Extent> extents, String reader) {
    for (ExtentSources.Extent extent : extents) {
      String text = "it computes with the extents of '" + extent.value() + "'";
      freezeAxis(extent.value(), extent.axis(), classes.reason(reader, text));
    }
  }

  private void freezeExcluded() {
    for (Declaration declaration : declarations) {
      if (declaration.role() != Role.PRODUCER) {
        continue;
      }
      for (Pattern pattern : exclude) {
        if (pattern.matcher(declaration.value()).find()
            || pattern.matcher(declaration.node().name()).find()) {
          int reason =
              classes.reason(
                  declaration.node().describe(), "excluded by the pattern '" + pattern + "'");
          freezeAxis(declaration.value(), declaration.axis(), reason);
        }
      }
    }
  }

  /**
   * Chooses the factor that carries the channels: the outermost that is not frozen altogether. A
   * channel of it then is a run of the product, so the other factors have to stay whole.
   */
  private void resolve(Factoring factoring) {
    List<Axis> factors = factoring.factors();
    int chosen = 0;
    while (chosen < factors.size() - 1 && isFrozen(factors.get(chosen))) {
      chosen++;
    }
    Axis carrier = factors.get(chosen);
    long inner = 1;
    for (int i = 0; i < factors.size(); i++) {
      Axis factor = factors.get(i);
      if (i > chosen) {
        inner *= factor.extent();
      }
      if (i != chosen) {
        int reason =
            classes.reason(factoring.node(), "it is merged with '" + carrier.value() + "'");
        freezeAxis(factor.value(), factor.axis(), reason);
      }
    }
    int product = ids.first(factoring.product().value(), factoring.product().axis());
    int channels = ids.first(carrier.value(), carrier.axis());
    for (int i = 0; i < factoring.product().extent(); i++) {
      classes.unify(product + i, channels + (int) (i / inner % carrier.extent()));
    }
  }

  private boolean isFrozen(Axis axis) {
    int first = ids.first(axis.value(), axis.axis());
    for (int i = 0; i < axis.extent(); i++) {
      if (!classes.isFrozen(first + i)) {
        return false;
      }
    }
    return true;
  }

  /** The answers of one node. */
  private final class NodeCoupling implements Coupling {
    private final NodeFacts facts;
    private final List<NodeFacts> witnesses;
    private final Set<Integer> keptDescriptions = new HashSet<>();
    private final Map<Integer, boolean[]> keptElements = new HashMap<>();
    private final Map<String, Integer> reasons = new LinkedHashMap<>();

    NodeCoupling(NodeFacts facts, List<NodeFacts> witnesses) {
      this.facts = facts;
      this.witnesses = witnesses;
    }

    @Override
    public NodeFacts facts() {
      return facts;
    }

    @Override
    public List<NodeFacts> witnesses() {
      return witnesses;
    }

    @Override
    public Axis in(int input, int axis) {
      return axis(facts.node().input(input), facts.input(input), axis);
    }

    @Override
    public Axis out(int output, int axis) {
      return axis(facts.node().output(output), facts.output(output), axis);
    }

    private static Axis axis(String value, Shape shape, int axis) {
      int counted = axis < 0 ? axis + shape.rank() : axis;
      return new Axis(value, counted, shape.dim(counted));
    }

    @Override
    public Axis part(long extent) {
      Axis part = ids.addPart(facts.node().name(), extent);
      classes.growTo(ids.size());
      return part;
    }

    @Override
    public void unify(Axis a, Axis b) {
      if (a.extent() == Shape.UNKNOWN || b.extent() == Shape.UNKNOWN) {
        freeze(a, "it meets an open axis");
        freeze(b, "it meets an open axis");
        return;
      }
      if (a.extent() != b.extent()) {
        throw new IllegalStateException(facts.node().describe() + " unifies " + a + " with " + b);
      }
      unify(a, 0, b, 0, (int) a.extent());
    }

    @Override
    public void unify(Axis a, int fromA, Axis b, int fromB, int length) {
      if (a.value().isEmpty() || b.value().isEmpty()) {
        return;
      }
      int firstA = ids.first(a.value(), a.axis()) + fromA;
      int firstB = ids.first(b.value(), b.axis()) + fromB;
      for (int i = 0; i < length; i++) {
        classes.unify(firstA + i, firstB + i);
      }
    }

    @Override
    public void factor(Axis product, List<Axis> factors) {
      boolean open =
          product.extent() == Shape.UNKNOWN
              || factors.stream().anyMatch(f -> f.extent() == Shape.UNKNOWN);
      if (factors.size() == 1) {
        unify(product, factors.get(0));
      } else if (open) {
        freeze(product, "it is merged with an open axis");
        factors.forEach(f -> freeze(f, "it is merged with an open axis"));
      } else {
        factorings.add(new Factoring(facts.node().describe(), product, List.copyOf(factors)));
      }
    }

    @Override
    public void freeze(Axis axis, String reason) {
      if (!axis.value().isEmpty() && axis.extent() != Shape.UNKNOWN) {
        int why = reasons.computeIfAbsent(reason, r -> classes.reason(facts.node().describe(), r));
        freezeAxis(axis.value(), axis.axis(), why);
      }
    }

    @Override
    public void freezeAll(String reason) {
      facts.node().inputs().forEach(input -> freezeValue(input, facts.node().describe(), reason));
      facts.node().outputs().forEach(out -> freezeValue(out, facts.node().describe(), reason));
    }

    @Override
    public void keepsDescription(int input) {
      keptDescriptions.add(input);
    }

    @Override
    public void keepsElements(int input, boolean[] kept) {
      keptElements.put(input, kept);
    }

    @Override
    public void role(Axis axis, Role role) {
      declarations.add(new Declaration(facts.node(), role, axis.value(), axis.axis()));
    }
  }
}
