package io.rspar.graph.coupling;

import com.google.re2j.Pattern;
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
import java.util.stream.LongStream;

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
    graph.inputs().forEach(input -> addIds(input.name()));
    for (Node node : graph.nodes()) {
      node.inputs().forEach(this::addIds);
      node.outputs().forEach(this::addIds);
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
    freezeExcluded(graph);
    factorings.forEach(this::resolve);
  }

  private void addIds(String value) {
    if (!value.isEmpty() && !ids.contains(value)) {
      ids.add(value, shapes.periods(value));
    }
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
    if (understood && shapes.isShapeArithmetic(node)) {
      // Its integers follow from constants and extents; who uses them decides what that means.
      shapeArithmetic.add(node);
      return;
    }
    if (understood) {
      operator.couple(coupling);
      coupling.freezeOpenAxes();
    } else {
      coupling.freezeAll(
          Operators.isKnown(node)
              ? "the shapes of its values are not known"
              : "the operator is not understood");
    }
    for (int i = 0; i < node.inputs().size(); i++) {
      boolean described = understood && operator.readsAsDescription(i);
      if (!described || coupling.keptDescriptions.contains(i)) {
        if (!understood || !becomesConstant(facts, i)) {
          freezeSources(node.input(i), node.describe());
        }
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

  /**
   * Whether the cut graph can read a number that the original computes from extents: one that
   * depends on no open axis. Lists of reals would look like weights.
   */
  private static boolean becomesConstant(NodeFacts node, int input) {
    return node.value(input)
        .filter(value -> !value.type().isFloatingPoint() || value.elements() == 1)
        .isPresent();
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

  /**
   * Freezes the outputs of nodes with such a name, and what initialisers with such a name compute,
   * directly or as the source of a computed weight. An initialiser that computes no channels (a
   * scale, say) is frozen itself.
   */
  private void freezeExcluded(Graph graph) {
    for (Pattern pattern : exclude) {
      String text = "excluded by the pattern '" + pattern + "'";
      Map<String, String> weights = new LinkedHashMap<>();
      for (String name : graph.initializers().keySet()) {
        if (pattern.matcher(name).find()) {
          weights.put(name, name);
        }
      }
      for (Node node : graph.nodes()) {
        boolean constant = shapes.node(node).outputs().stream().allMatch(ValueFacts::constant);
        String source = node.inputs().stream().filter(weights::containsKey).findFirst().orElse("");
        if (constant && pattern.matcher(node.output(0)).find()) {
          node.outputs().forEach(output -> weights.put(output, output));
        } else if (constant && !source.isEmpty()) {
          node.outputs().forEach(output -> weights.put(output, weights.get(source)));
        } else if (!constant && pattern.matcher(node.name()).find()) {
          node.outputs().forEach(output -> freezeValue(output, node.describe(), text));
        }
      }
      Set<String> computing = new HashSet<>();
      for (Declaration declaration : declarations) {
        String source = weights.get(declaration.value());
        if (source != null && declaration.role() == Role.PRODUCER) {
          computing.add(source);
          int reason = classes.reason(declaration.node().describe(), text);
          freezeAxis(declaration.value(), declaration.axis(), reason);
        }
      }
      for (String source : Set.copyOf(weights.values())) {
        if (!computing.contains(source)) {
          freezeValue(source, "initialiser '" + source + "'", text);
        }
      }
    }
  }

  /**
   * Chooses the factor that carries the channels: the one along which those of the product already
   * repeat, else the outermost that is not frozen altogether. A channel of it then is a run of the
   * product, so the other factors have to stay whole.
   */
  private void resolve(Factoring factoring) {
    List<Axis> factors = factoring.factors();
    int chosen = repeated(factoring);
    while (chosen < factors.size() - 1 && isFrozen(factors.get(chosen))) {
      chosen++;
    }
    Axis carrier = factors.get(chosen);
    long inner = 1;
    for (int i = 0; i < factors.size(); i++) {
      Axis factor = factors.get(i);
      if (i > chosen) {
        inner *= period(factor);
      }
      if (i != chosen) {
        int reason =
            classes.reason(
                factoring.node(),
                shapes.has(carrier.value())
                    ? "it is merged with '" + carrier.value() + "'"
                    : "it is merged with an axis that can be cut");
        freezeAxis(factor.value(), factor.axis(), reason);
      }
    }
    int product = ids.first(factoring.product().value(), factoring.product().axis());
    int channels = ids.first(carrier.value(), carrier.axis());
    for (int i = 0; i < period(factoring.product()); i++) {
      classes.unify(product + i, channels + (int) (i / inner % period(carrier)));
    }
  }

  /** The outermost factor whose index alone decides the channel of the product; 0 if none does. */
  private int repeated(Factoring factoring) {
    List<Axis> factors = factoring.factors();
    int inner = period(factoring.product());
    for (int f = 0; f < factors.size(); f++) {
      inner /= period(factors.get(f));
      if (!isFrozen(factors.get(f)) && repeats(factoring.product(), factors.get(f), inner)) {
        return f;
      }
    }
    return 0;
  }

  private boolean repeats(Axis product, Axis factor, int inner) {
    int first = ids.first(product.value(), product.axis());
    for (int i = 0; i < period(product); i++) {
      int same = i / inner % period(factor) * inner;
      if (classes.find(first + i) != classes.find(first + same)) {
        return false;
      }
    }
    return true;
  }

  private static long commonDivisor(long a, long b) {
    return b == 0 ? a : commonDivisor(b, a % b);
  }

  private int period(Axis axis) {
    return ids.extent(axis.value(), axis.axis());
  }

  private boolean isFrozen(Axis axis) {
    int first = ids.first(axis.value(), axis.axis());
    for (int i = 0; i < period(axis); i++) {
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

    /** Open axes of which the operator has said something. */
    private final Set<Axis> open = new HashSet<>();

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
    public Axis part(long[] extents) {
      long period = LongStream.of(extents).reduce(0, GraphCoupling::commonDivisor);
      boolean same = LongStream.of(extents).allMatch(e -> e == extents[0]);
      Axis part = ids.addPart(facts.node().name(), same ? extents[0] : Shape.UNKNOWN, period);
      classes.growTo(ids.size());
      return part;
    }

    @Override
    public void unify(Axis a, Axis b) {
      if (a.extent() == Shape.UNKNOWN && b.extent() == Shape.UNKNOWN && period(a) == period(b)) {
        open.addAll(List.of(a, b));
        unifyIds(a, 0, b, 0, period(a));
        return;
      }
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
      if (a.extent() == Shape.UNKNOWN || b.extent() == Shape.UNKNOWN) {
        freeze(a, "it meets an open axis");
        freeze(b, "it meets an open axis");
        return;
      }
      unifyIds(a, fromA, b, fromB, length);
    }

    private void unifyIds(Axis a, int fromA, Axis b, int fromB, int length) {
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
      if (factors.size() == 1) {
        unify(product, factors.get(0));
        return;
      }
      // Behind an open axis the indices of the product do not repeat themselves.
      boolean inside = factors.stream().skip(1).anyMatch(f -> f.extent() == Shape.UNKNOWN);
      long periods =
          factors.stream().mapToLong(GraphCoupling.this::period).reduce(1, (a, b) -> a * b);
      if (inside || periods != period(product)) {
        freeze(product, "it is merged with an open axis");
        factors.forEach(f -> freeze(f, "it is merged with an open axis"));
        return;
      }
      if (factors.get(0).extent() == Shape.UNKNOWN) {
        open.addAll(List.of(product, factors.get(0)));
      }
      if (factors.get(0).extent() == Shape.UNKNOWN && period(factors.get(0)) == 1) {
        freeze(factors.get(0), "it is open");
      }
      factorings.add(new Factoring(facts.node().describe(), product, List.copyOf(factors)));
    }

    @Override
    public void freeze(Axis axis, String reason) {
      if (!axis.value().isEmpty()) {
        open.add(axis);
        int why = reasons.computeIfAbsent(reason, r -> classes.reason(facts.node().describe(), r));
        freezeAxis(axis.value(), axis.axis(), why);
      }
    }

    /** The operator has thought of known axes alone where it says nothing. */
    void freezeOpenAxes() {
      for (int i = 0; i < facts.inputs().size(); i++) {
        for (int axis = 0; facts.has(i) && axis < facts.input(i).rank(); axis++) {
          freezeIfOpen(in(i, axis));
        }
      }
      for (int o = 0; o < facts.outputs().size(); o++) {
        boolean used = !facts.node().output(o).isEmpty();
        for (int axis = 0; used && axis < facts.output(o).rank(); axis++) {
          freezeIfOpen(out(o, axis));
        }
      }
    }

    private void freezeIfOpen(Axis axis) {
      if (axis.extent() == Shape.UNKNOWN && !open.contains(axis)) {
        freeze(axis, "it is open");
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
