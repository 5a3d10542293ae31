package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.shape.Shapes;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.InvalidDataException;
import io.rspar.runtime.kernel.HostTensors;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.kernel.StatisticsSink;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A graph on the engine: its weights as arrays, its nodes bound to operators. For one thread at a
 * time; gradient work of several networks takes turns (see {@link Autograd}).
 */
public final class Network implements AutoCloseable {
  private final Graph graph;
  private final NDManager manager;
  private final Program program;
  private final WeightRoles roles;
  private final Inputs inputs;
  private final String output;
  private final String logits;
  private final Map<String, NDArray> constants = new HashMap<>();
  private final Map<String, Tensor> hostConstants = new HashMap<>();
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final Map<String, NDArray> statistics = new LinkedHashMap<>();
  private final Map<Route, Program.Plan> plans = new HashMap<>();
  private int classes;

  /** From which values to which. */
  private record Route(Set<String> given, Set<String> targets) {}

  private Network(Graph original) {
    graph = Constants.separate(original);
    requireInputAndOutput(graph);
    inputs = Inputs.of(graph);
    output = graph.outputs().get(0).name();
    program = new Program(graph);
    Map<String, Tensor> tensors = Constants.of(graph);
    roles = WeightRoles.of(graph, tensors);
    logits = logitsOf(graph, output);
    manager = Torch.newManager();
    manager.setName("network " + graph.name());
    // A scope of the caller's must not close weights.
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      tensors.forEach(this::place);
      fold();
      constants.values().forEach(NDScope::unregister);
    }
  }

  /**
   * Puts a graph on the engine.
   *
   * @throws InvalidModelException UNSUPPORTED naming the node if an operator, one of its forms or
   *     an element type is not executed; or if the graph has no input or no output
   */
  public static Network load(Graph graph) {
    return new Network(graph);
  }

  private static void requireInputAndOutput(Graph graph) {
    if (graph.inputs().isEmpty() || graph.outputs().isEmpty()) {
      throw new InvalidModelException(
          InvalidModelException.Kind.UNSUPPORTED,
          String.format(
              "the model has %d inputs and %d outputs",
              graph.inputs().size(), graph.outputs().size()),
          "export a model with inputs whose first output are the logits");
    }
  }

  /** What a closing Softmax reads: losses need logits, not probabilities. */
  private static String logitsOf(Graph graph, String output) {
    for (Node node : graph.nodes()) {
      if (node.outputs().contains(output) && node.opType().equals("Softmax")) {
        return node.input(0);
      }
    }
    return output;
  }

  private void place(String name, Tensor tensor) {
    NDArray array = HostTensors.upload(manager, tensor);
    constants.put(name, array);
    if (roles.parameters().contains(name)) {
      parameters.put(name, array);
    } else if (roles.statistics().contains(name)) {
      statistics.put(name, array);
    } else {
      hostConstants.put(name, tensor);
    }
  }

  /** Computes once what depends on fixed constants only: shape arithmetic of exporters. */
  private void fold() {
    Autograd.stopRecordingByDefault();
    Pass pass = pass(manager, Mode.EVAL, StatisticsSink.NONE, ValueHook.NONE, Set.of());
    Set<Program.Step> folded = new HashSet<>();
    for (Program.Step step : program.steps()) {
      Node node = step.node();
      boolean fixed =
          !node.inputs().isEmpty()
              && node.inputs().stream().allMatch(i -> i.isEmpty() || isFixed(i));
      if (fixed) {
        pass.run(step);
        for (String name : node.outputs()) {
          NDArray value = pass.value(name);
          if (value != null) {
            constants.put(name, value);
            host(value).ifPresent(tensor -> hostConstants.put(name, tensor));
          }
        }
        folded.add(step);
      }
    }
    program.remove(folded);
  }

  private boolean isFixed(String name) {
    return constants.containsKey(name)
        && !parameters.containsKey(name)
        && !statistics.containsKey(name);
  }

  private static Optional<Tensor> host(NDArray value) {
    return switch (value.getDataType()) {
      case FLOAT32 -> Optional.of(HostTensors.download(value));
      case INT64 ->
          Optional.of(Tensor.ofLongs(Shape.of(value.getShape().getShape()), value.toLongArray()));
      default -> Optional.empty();
    };
  }

  /** The model's first output for a batch, in evaluation mode. */
  public NDArray forward(NDArray x) {
    return forward(x, Mode.EVAL);
  }

  /**
   * The model's first output for a batch. The result is attached to {@code x}'s manager.
   *
   * @param x float32, N×C×H×W or as the model's input says
   * @throws InvalidDataException SHAPE if {@code x} does not fit the model's input
   */
  public NDArray forward(NDArray x, Mode mode) {
    return forward(only(x), mode);
  }

  /**
   * The model's first output for arrays by name, see {@link #logits(Map, Mode, ValueHook)}.
   *
   * @return attached to the manager of one of them
   */
  public NDArray forward(Map<String, NDArray> known, Mode mode) {
    return run(known, output, mode, StatisticsSink.NONE, ValueHook.NONE);
  }

  /**
   * Class scores before any closing Softmax.
   *
   * @param x float32, as the model's input says
   * @param hook sees and may replace every value; operations are recorded for gradients if the
   *     caller is inside {@link Autograd#record}
   * @return N×K
   */
  public NDArray logits(NDArray x, Mode mode, ValueHook hook) {
    return logits(only(x), mode, hook);
  }

  /** {@link #logits(NDArray, Mode, ValueHook)} without a hook. */
  public NDArray logits(NDArray x, Mode mode) {
    return logits(x, mode, ValueHook.NONE);
  }

  /**
   * Class scores before any closing Softmax, from arrays by name: the model's inputs, or {@link
   * #values} of an earlier pass, before which nothing is computed again.
   *
   * @param known what the logits depend on; {@link #frontier} says what that is after a change
   * @param hook sees and may replace every value, the known ones included
   * @return N×K, attached to the manager of a known array
   * @throws InvalidModelException UNSUPPORTED naming inputs that are needed and not known
   */
  public NDArray logits(Map<String, NDArray> known, Mode mode, ValueHook hook) {
    NDArray scores = run(known, logits, mode, StatisticsSink.NONE, hook);
    long examples =
        inputs.declared().stream()
            .map(input -> known.get(input.name()))
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(scores)
            .getShape()
            .get(0);
    return asRows(scores, examples);
  }

  /**
   * Values by name, in evaluation mode: what is common to passes that differ only later.
   *
   * @param known the model's inputs, or values of an earlier pass
   * @return one array per name; the caller closes them
   */
  public Map<String, NDArray> values(Map<String, NDArray> known, Set<String> names) {
    Set<String> existing = new HashSet<>(inputs.names());
    existing.addAll(constants.keySet());
    program.steps().forEach(step -> existing.addAll(step.node().outputs()));
    requireFound(names, existing, "value");
    return run(known, names, Mode.EVAL, StatisticsSink.NONE, ValueHook.NONE);
  }

  /**
   * What has to be known to compute the logits again after a change, and does not change with it:
   * the {@link #values} to keep while several variants of a layer are tried.
   *
   * @param changed parameters that will be other ones, or values that a hook will replace
   */
  public Set<String> frontier(Set<String> changed) {
    Set<String> affected = new HashSet<>(changed);
    Set<String> computed = new HashSet<>();
    Set<String> frontier = new LinkedHashSet<>();
    for (Program.Step step : plan(inputs.names(), Set.of(logits)).steps()) {
      Node node = step.node();
      if (node.inputs().stream().anyMatch(affected::contains)) {
        affected.addAll(node.outputs());
        computed.addAll(node.outputs());
        node.inputs().stream()
            .filter(name -> !name.isEmpty() && !isConstant(name) && !computed.contains(name))
            .forEach(frontier::add);
      }
    }
    return frontier;
  }

  /**
   * Computes with other parameters or statistics until the result is closed: nothing is copied, and
   * an array that was computed from others passes gradients on to them.
   *
   * @param arrays by name, of the shape of those that they stand for; they stay the caller's
   * @throws InvalidModelException MALFORMED if there is no such parameter, or of another shape
   */
  public Replacement replace(Map<String, NDArray> arrays) {
    requireFound(
        arrays.keySet(),
        arrays.keySet().stream()
            .filter(name -> parameters.containsKey(name) || statistics.containsKey(name))
            .toList(),
        "parameter");
    return new Replacement(arrays, List.of(constants, parameters, statistics));
  }

  /**
   * A forward pass with statistics of the batch, which the sink receives; weights and running
   * statistics stay as they are.
   */
  public void collectStatistics(Batch batch, StatisticsSink sink) {
    run(inputs(batch), logits, Mode.COLLECT, sink, ValueHook.NONE).close();
  }

  /**
   * Passes of many batches to the logits that advance together, layer by layer, in evaluation mode.
   *
   * @param batches examples; they stay the caller's
   * @param retained values that stay available until they are released; others go after their last
   *     use
   */
  public LayerwisePass layerwise(List<Batch> batches, Set<String> retained) {
    NDManager owner = Torch.newManager();
    owner.setName("layerwise pass of " + graph.name());
    Set<String> kept = new HashSet<>(retained);
    return new LayerwisePass(
        owner,
        plan(inputs.names(), Set.of(logits)),
        logits,
        batches.stream().map(this::copies).toList(),
        kept,
        () -> pass(owner, Mode.EVAL, StatisticsSink.NONE, ValueHook.NONE, kept));
  }

  /** A batch's arrays by input, of the inputs' types, in memory of their own. */
  private Map<String, NDArray> copies(Batch batch) {
    Map<String, NDArray> arrays = inputs(batch);
    Map<String, NDArray> copies = new LinkedHashMap<>();
    for (ValueInfo declared : graph.inputs()) {
      NDArray array = arrays.get(declared.name());
      copies.put(declared.name(), array.toType(HostTensors.engineType(declared.type()), true));
    }
    return copies;
  }

  /**
   * How much memory the values of one example take in a {@link #layerwise layerwise} pass, at the
   * worst moment.
   *
   * @param example one example
   * @return bytes
   */
  public long layerwiseBytes(Batch example) {
    Map<String, Long> bytes = new HashMap<>();
    logits(
            inputs(example),
            Mode.EVAL,
            (name, value) -> {
              bytes.put(name, value.size() * value.getDataType().getNumOfBytes());
              return value;
            })
        .close();
    long live = inputs.names().stream().mapToLong(input -> bytes.getOrDefault(input, 0L)).sum();
    long peak = live;
    Program.Plan plan = plan(inputs.names(), Set.of(logits));
    for (int i = 0; i < plan.steps().size(); i++) {
      for (String output : plan.steps().get(i).node().outputs()) {
        live += bytes.getOrDefault(output, 0L);
      }
      peak = Math.max(peak, live);
      for (String gone : plan.lastUses().get(i)) {
        live -= bytes.getOrDefault(gone, 0L);
      }
    }
    return peak;
  }

  private NDArray run(
      Map<String, NDArray> known, String target, Mode mode, StatisticsSink sink, ValueHook hook) {
    return run(known, Set.of(target), mode, sink, hook).get(target);
  }

  private Map<String, NDArray> run(
      Map<String, NDArray> known,
      Set<String> targets,
      Mode mode,
      StatisticsSink sink,
      ValueHook hook) {
    requireInputs(known);
    Program.Plan plan = plan(known.keySet(), targets);
    Autograd.stopRecordingByDefault();
    NDManager owner = known.values().iterator().next().getManager();
    try (NDList converted = new NDList()) {
      return pass(owner, mode, sink, hook, Set.of()).run(plan, typed(known, converted), targets);
    }
  }

  /** Data are float32; token ids and masks become integers where the model says so. */
  private Map<String, NDArray> typed(Map<String, NDArray> known, NDList converted) {
    Map<String, NDArray> typed = new LinkedHashMap<>(known);
    for (ValueInfo declared : graph.inputs()) {
      NDArray array = known.get(declared.name());
      ai.djl.ndarray.types.DataType wanted = HostTensors.engineType(declared.type());
      if (array != null && array.getDataType() != wanted) {
        NDArray other = array.toType(wanted, true);
        converted.add(other);
        typed.put(declared.name(), other);
      }
    }
    return typed;
  }

  /** What the model reads. */
  public Inputs inputs() {
    return inputs;
  }

  /** A batch as arrays by input name: {@link Inputs#of(Batch)}. */
  public Map<String, NDArray> inputs(Batch batch) {
    return inputs.of(batch);
  }

  /** The one input by its name. */
  private Map<String, NDArray> only(NDArray x) {
    return Map.of(graph.inputs().get(0).name(), x);
  }

  private Pass pass(
      NDManager owner, Mode mode, StatisticsSink sink, ValueHook hook, Set<String> retained) {
    return new Pass(owner, constants, hostConstants, mode, sink, hook, retained);
  }

  private Program.Plan plan(Set<String> given, Set<String> targets) {
    return plans.computeIfAbsent(
        new Route(Set.copyOf(given), Set.copyOf(targets)),
        route -> {
          Program.Plan plan = program.planFor(route.targets(), route.given());
          Set<String> missing = new TreeSet<>(inputs.names());
          missing.retainAll(plan.read());
          if (!missing.isEmpty()) {
            throw new InvalidModelException(
                InvalidModelException.Kind.UNSUPPORTED,
                "the model also reads the inputs " + missing,
                "give an array for each of them");
          }
          return plan;
        });
  }

  private void requireInputs(Map<String, NDArray> known) {
    for (ValueInfo declared : graph.inputs()) {
      if (known.containsKey(declared.name())) {
        requireInput(declared, known.get(declared.name()));
      }
    }
  }

  private static void requireInput(ValueInfo declared, NDArray x) {
    Shape wanted = declared.shape();
    long[] given = x.getShape().getShape();
    boolean fits = given.length == wanted.rank();
    for (int axis = 1; fits && axis < given.length; axis++) {
      fits = !wanted.isKnown(axis) || wanted.dim(axis) == given[axis];
    }
    if (!fits) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          "a batch of shape "
              + Shape.of(given)
              + " does not fit the model's input '"
              + declared.name()
              + "' of shape "
              + wanted,
          "correct layout or exampleShape, or use the model for these data");
    }
  }

  private NDArray asRows(NDArray scores, long examples) {
    long[] shape = scores.getShape().getShape();
    boolean rows = shape.length >= 2 && shape[0] == examples;
    for (int axis = 2; rows && axis < shape.length; axis++) {
      rows = shape[axis] == 1;
    }
    if (!rows) {
      throw new InvalidModelException(
          InvalidModelException.Kind.UNSUPPORTED,
          String.format(
              "output '%s' has shape %s for %d examples, not examples × classes",
              logits, Shape.of(shape), examples),
          "export a classifier with an open batch axis whose first output are the logits");
    }
    return shape.length == 2 ? scores : scores.reshape(examples, shape[1]);
  }

  /**
   * One forward and one backward pass in evaluation mode over the summed per-example loss −log
   * p(y|x); shows for every named node what it saw and the gradient of its output.
   *
   * @param labels whose loss: see {@link LabelSampler}
   * @param nodeNames Conv, Gemm or MatMul nodes; called in graph order
   * @throws InvalidModelException MALFORMED if a name is no node of the graph
   */
  public void observe(
      Batch batch, LabelSampler labels, Set<String> nodeNames, LayerObserver observer) {
    List<Node> nodes =
        graph.nodes().stream().filter(node -> nodeNames.contains(node.name())).toList();
    requireFound(nodeNames, nodes.stream().map(Node::name).toList(), "node");
    Set<String> inputs = new LinkedHashSet<>();
    Set<String> outputs = new LinkedHashSet<>();
    for (Node node : nodes) {
      inputs.add(dataInput(node));
      outputs.add(node.output(0));
    }
    try (Trace trace = trace(batch, labels, inputs, outputs)) {
      for (Node node : nodes) {
        try (NDArray gradient = trace.takeGradient(node.output(0))) {
          observer.onLayer(node, trace.value(dataInput(node)), gradient);
        }
      }
    }
  }

  /**
   * As {@link #observe}, for values by name: activations and their gradients.
   *
   * @param valueNames inputs or outputs of nodes
   */
  public void observeValues(
      Batch batch, LabelSampler labels, Set<String> valueNames, ValueObserver observer) {
    Set<String> known = new LinkedHashSet<>(inputs.names());
    program.steps().forEach(step -> known.addAll(step.node().outputs()));
    known.retainAll(valueNames);
    requireFound(valueNames, known, "value");
    try (Trace trace = trace(batch, labels, known, known)) {
      for (String name : known) {
        try (NDArray gradient = trace.takeGradient(name)) {
          observer.onValue(name, trace.value(name), gradient);
        }
      }
    }
  }

  private static void requireFound(
      Set<String> wanted, java.util.Collection<String> found, String what) {
    Set<String> missing = new TreeSet<>(wanted);
    missing.removeAll(found);
    if (!missing.isEmpty()) {
      throw new InvalidModelException(
          InvalidModelException.Kind.MALFORMED,
          "the graph has no " + what + " named " + missing,
          "name " + what + "s of this graph");
    }
  }

  /** The operand that is not a weight. */
  private String dataInput(Node node) {
    return node.inputs().stream()
        .filter(name -> !constants.containsKey(name))
        .findFirst()
        .orElse(node.input(0));
  }

  private Trace trace(
      Batch batch, LabelSampler labels, Set<String> values, Set<String> differentiated) {
    Map<String, NDArray> known = inputs(batch);
    requireInputs(known);
    Program.Plan plan = plan(known.keySet(), Set.of(logits));
    Trace trace = new Trace(differentiated, plan);
    Set<String> retained = new HashSet<>(values);
    retained.addAll(differentiated);
    retained.add(logits);
    try {
      Autograd.record(
          collector -> {
            try (NDScope scope = new NDScope();
                NDList converted = new NDList()) {
              scope.suppressNotUsedWarning();
              Pass pass =
                  pass(batch.x().getManager(), Mode.EVAL, StatisticsSink.NONE, trace, retained);
              NDArray scores =
                  asRows(
                      pass.run(plan, typed(known, converted), Set.of(logits)).get(logits),
                      batch.size());
              NDArray y = labels.labels(scores, batch);
              collector.backward(CrossEntropy.sum(scores, y));
              Map<String, NDArray> kept = new HashMap<>();
              values.forEach(name -> kept.put(name, pass.value(name)));
              trace.keep(kept);
            }
            return null;
          });
      return trace;
    } catch (RuntimeException e) {
      trace.close();
      throw e;
    }
  }

  /**
   * Gradients of the summed per-example loss with respect to every parameter, in evaluation mode.
   * The caller closes them.
   */
  public Map<String, NDArray> parameterGradients(Batch batch, LabelSampler labels) {
    requireGradients(true);
    try {
      Autograd.record(
          collector -> {
            try (NDScope scope = new NDScope()) {
              scope.suppressNotUsedWarning();
              NDArray scores = logits(inputs(batch), Mode.EVAL, ValueHook.NONE);
              collector.backward(CrossEntropy.sum(scores, labels.labels(scores, batch)));
            }
            return null;
          });
      Map<String, NDArray> gradients = new LinkedHashMap<>();
      parameters.forEach((name, weight) -> gradients.put(name, takeGradient(weight)));
      return gradients;
    } finally {
      requireGradients(false);
    }
  }

  private static NDArray takeGradient(NDArray weight) {
    try (NDArray gradient = weight.getGradient()) {
      NDArray taken = gradient.duplicate();
      gradient.subi(gradient);
      return taken;
    }
  }

  /** Whether recorded passes compute gradients of the parameters. Off after loading. */
  public void requireGradients(boolean required) {
    parameters.values().forEach(weight -> weight.setRequiresGradient(required));
  }

  /**
   * Trained weights by name, live: in-place changes are changes of the network. Names are those of
   * initialisers, or of the outputs of Constant nodes.
   */
  public Map<String, NDArray> parameters() {
    return Collections.unmodifiableMap(parameters);
  }

  /** Running means and variances of BatchNormalization by name, live. */
  public Map<String, NDArray> statistics() {
    return Collections.unmodifiableMap(statistics);
  }

  /**
   * The graph with the current weights and statistics, under the same names. Where the file shared
   * equal tensors between layers through Identity nodes, each layer has its own.
   */
  public Graph toGraph() {
    Map<String, Tensor> current = new HashMap<>();
    parameters.forEach((name, array) -> current.put(name, HostTensors.download(array)));
    statistics.forEach((name, array) -> current.put(name, HostTensors.download(array)));
    return Constants.replace(graph, current);
  }

  /** Remembers all weights and statistics as they are now. */
  public Savepoint savepoint() {
    return new Savepoint(parameters, statistics);
  }

  /** Whether a value does not depend on the input. */
  public boolean isConstant(String value) {
    return constants.containsKey(value);
  }

  /**
   * Number of classes: extent of the logits' second axis.
   *
   * @throws InvalidModelException UNSUPPORTED_OUTPUT if the first output is no score per class and
   *     example, or its extents do not follow from the model
   */
  public int classes() {
    if (classes == 0) {
      classes = countClasses();
    }
    return classes;
  }

  private int countClasses() {
    Shape scores = Shapes.infer(graph).shape(logits);
    if (!scores.isRanked() || scores.rank() < 2 || !scores.isKnown(1)) {
      scores = graph.outputs().get(0).shape();
    }
    boolean perExample = scores.isRanked() && scores.rank() >= 2 && scores.isKnown(1);
    for (int axis = 2; perExample && axis < scores.rank(); axis++) {
      perExample = scores.isKnown(axis) && scores.dim(axis) == 1;
    }
    if (!perExample) {
      throw new InvalidModelException(
          InvalidModelException.Kind.UNSUPPORTED_OUTPUT,
          "output '%s' has shape %s, not examples × classes".formatted(logits, scores),
          "give a classifier whose first output are the logits of whole examples; for tokens,"
              + " pixels, boxes or embeddings there is no loss here: cut the model by its weights"
              + " alone (rspar cut)");
    }
    if (scores.dim(1) < 2) {
      throw new InvalidModelException(
          InvalidModelException.Kind.UNSUPPORTED_OUTPUT,
          "output '%s' has shape %s, one number per example: a regression or a single logit"
              .formatted(logits, scores),
          "export two logits for two classes; for a regression there is no loss here: cut the model"
              + " by its weights alone (rspar cut)");
    }
    return (int) scores.dim(1);
  }

  @Override
  public void close() {
    manager.close();
  }
}
