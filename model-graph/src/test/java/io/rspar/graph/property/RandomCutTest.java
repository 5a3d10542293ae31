package io.rspar.graph.property;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.shape.Shapes;
import io.rspar.graph.surgery.CutOracle;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.PruningPlanFile;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.graph.testing.OnnxRuntime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What must hold for every cut, on random networks: masked equality, foretold costs and shapes, a
 * replay with the same bytes. {@code -Drspar.random.cases=N} and {@code -Drspar.random.seed=S} try
 * others.
 */
class RandomCutTest {
  private static final int CASES = Integer.getInteger("rspar.random.cases", 300);
  private static final long FIRST_SEED = Long.getLong("rspar.random.seed", 1);
  private static final int SHRINK_ATTEMPTS = 1000;

  @Test
  void everyCutOfEveryNetworkHolds() {
    // One of each kind: the same defect shows in many networks.
    Map<String, String> failures = new LinkedHashMap<>();
    int cut = 0;
    for (long seed = FIRST_SEED; seed < FIRST_SEED + CASES; seed++) {
      Decisions decisions = Decisions.of(seed);
      Optional<String> failure = failure(decisions);
      if (failure.isPresent()) {
        String kind = failure.get().replaceAll("[0-9]+[^ ]*", "#");
        if (!failures.containsKey(kind)) {
          failures.put(kind, describe(seed, decisions.made(), failure.get()));
        }
      }
      cut += prunes(decisions.made()) ? 1 : 0;
    }
    assertThat(failures.values()).isEmpty();
    // Else the generator has become useless, or the coupling freezes everything.
    assertThat(cut).isGreaterThan(CASES / 2);
  }

  /** What is wrong with the case that the decisions make; empty if nothing. */
  private static Optional<String> failure(Decisions decisions) {
    Graph graph = RandomNetwork.of(decisions);
    try {
      OnnxRuntime.run(graph, 11);
    } catch (AssertionError e) {
      return Optional.of("the generator made an invalid network: " + e.getMessage());
    }
    try {
      requireShapes(graph);
      DependencyGraph groups = DependencyGraph.of(graph);
      PruningPlan plan = plan(groups, decisions);
      CutOracle.check(graph, groups, plan);
      PruningPlan replayed = PruningPlanFile.read(PruningPlanFile.write(plan, groups));
      assertThat(OnnxWriter.toBytes(Surgeon.cut(graph, DependencyGraph.of(graph), replayed)))
          .isEqualTo(OnnxWriter.toBytes(Surgeon.cut(graph, groups, plan)));
      return Optional.empty();
    } catch (AssertionError | RuntimeException e) {
      return Optional.of(
          e.getClass().getSimpleName() + ": " + String.valueOf(e.getMessage()).strip());
    }
  }

  /** Every value of real numbers has the shape that ONNX Runtime gives it. */
  private static void requireShapes(Graph graph) {
    Map<String, Shape> fed = new LinkedHashMap<>();
    for (ValueInfo input : graph.inputs()) {
      fed.put(input.name(), input.shape().isStatic() ? input.shape() : input.shape().withDim(0, 2));
    }
    Shapes shapes = Shapes.infer(graph, fed);
    List<ValueInfo> all =
        graph.nodes().stream()
            .flatMap(node -> node.outputs().stream())
            .filter(name -> !name.isEmpty() && shapes.facts(name).isFloatingPoint())
            .map(name -> new ValueInfo(name, shapes.type(name).orElseThrow(), Shape.UNRANKED))
            .toList();
    Map<String, Shape> inferred = new LinkedHashMap<>();
    all.forEach(value -> inferred.put(value.name(), shapes.shape(value.name())));
    assertThat(inferred).isEqualTo(OnnxRuntime.shapes(withOutputs(graph, all), 11));
  }

  private static Graph withOutputs(Graph graph, List<ValueInfo> outputs) {
    return new Graph(
        graph.name(),
        graph.inputs(),
        outputs,
        graph.nodes(),
        graph.initializers(),
        graph.opsets(),
        graph.irVersion(),
        graph.producer(),
        graph.metadata());
  }

  /** A plan made of choices; the simplest keeps everything. */
  private static PruningPlan plan(DependencyGraph groups, Decisions choose) {
    Map<String, List<Integer>> kept = new LinkedHashMap<>();
    for (ChannelGroup group : groups.groups()) {
      if (choose.next(4) == 0) {
        continue;
      }
      int count = 1 + choose.next(group.width());
      List<Integer> channels = new ArrayList<>(IntStream.range(0, group.width()).boxed().toList());
      Collections.shuffle(channels, new Random(choose.next(1 << 16)));
      kept.put(group.id(), channels.subList(0, count).stream().sorted().toList());
    }
    return new PruningPlan(kept);
  }

  private static boolean prunes(List<Integer> made) {
    Decisions again = Decisions.replay(made);
    DependencyGraph groups = DependencyGraph.of(RandomNetwork.of(again));
    return !groups.groups().isEmpty();
  }

  private static String describe(long seed, List<Integer> made, String failure) {
    boolean invalid = failure.startsWith("the generator");
    List<Integer> small =
        Shrinker.shrink(
            made,
            choices ->
                failure(Decisions.replay(choices))
                    .filter(f -> f.startsWith("the generator") == invalid)
                    .isPresent(),
            SHRINK_ATTEMPTS);
    Decisions decisions = Decisions.replay(small);
    Graph graph = RandomNetwork.of(decisions);
    String plan = "";
    try {
      plan = plan(DependencyGraph.of(graph), decisions).kept().toString();
    } catch (RuntimeException e) {
      plan = "none: " + e.getMessage();
    }
    return "seed %d: %s%nshrunk to %s: %s%n%s%nplan %s%n"
        .formatted(
            seed,
            failure,
            small,
            failure(Decisions.replay(small)).orElse(""),
            graph.nodes().stream().map(node -> line(graph, node)).collect(Collectors.joining("\n")),
            plan);
  }

  private static String line(Graph graph, Node node) {
    String inputs =
        node.inputs().stream()
            .map(
                i ->
                    graph.initializers().containsKey(i)
                        ? i + graph.initializers().get(i).shape()
                        : i)
            .collect(Collectors.joining(", "));
    return "  %s = %s(%s) %s".formatted(node.outputs(), node.opType(), inputs, node.attributes());
  }
}
