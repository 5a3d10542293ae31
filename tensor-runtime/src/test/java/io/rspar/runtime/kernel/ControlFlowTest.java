package io.rspar.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.runtime.Network;
import io.rspar.runtime.testing.Derivatives;
import io.rspar.runtime.testing.Graphs;
import io.rspar.runtime.testing.Interpreter;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subgraphs against ONNX Runtime, in value and derivative. */
class ControlFlowTest {
  private static final long OPSET = 17;

  private static void assertEqualsReference(Graph graph, Tensor x) {
    assertThat(Interpreter.relativeError(graph, x)).as("%s", graph.nodes()).isLessThan(1e-4);
    Derivatives.assertEqualsDifferences("control flow", graph, x, new SplittableRandom(3));
  }

  private static Tensor values(long... shape) {
    return Graphs.distinct(new SplittableRandom(5), 1, shape);
  }

  private static Graphs open(long... shape) {
    long[] declared = shape.clone();
    declared[0] = Shape.UNKNOWN;
    return Graphs.opset(OPSET).input("x", declared);
  }

  private static Graph branch(String op) {
    Graphs g = Graphs.opset(OPSET).weight(op + ".own", 4);
    return g.node("Mul", "h " + op + ".own", op + ".m").node(op, op + ".m", op).body(op);
  }

  /** The condition depends on the example; both branches read what the outer graph computes. */
  @ParameterizedTest
  @ValueSource(floats = {-1000, 1000})
  void aBranchIsTakenByItsCondition(float limit) {
    Graphs g = open(3, 4).weight("w", 4, 4).scalar("limit", limit);
    g.node("MatMul", "x w", "h").node("ReduceSum", "x", "sum", "keepdims", 0);
    g.node("Greater", "sum limit", "c");
    g.node("If", "c", "b", "then_branch", branch("Sin"), "else_branch", branch("Exp"));
    g.node("MatMul", "b w", "y");
    assertEqualsReference(g.output("y", 2), values(3, 4));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBranchOfAConstantConditionCanBeAnOuterValue(boolean condition) {
    Graph same = Graphs.opset(OPSET).node("Identity", "h", "same").body("same");
    Graphs g = open(3, 4).truth("c", condition).node("Sin", "x", "h");
    g.node("If", "c", "y", "then_branch", same, "else_branch", branch("Exp"));
    assertEqualsReference(g.output("y", 2), values(3, 4));
  }

  /** Carries a state over a fixed number of trips and collects it on the way. */
  private static Graphs loop(String condition, Graph body) {
    Graphs g = open(3, 4).weight("w", 4, 4).truth("true", true).longs("trips", 4);
    g.node("Squeeze", "trips", "n");
    g.node("Loop", "n " + condition + " x", "last all", "body", body);
    return g.node("ReduceSum", "all", "s", "keepdims", 0).node("Mul", "last s", "y");
  }

  private static Graphs body() {
    return Graphs.opset(OPSET)
        .input("i", DataType.INT64)
        .input("on", DataType.BOOL)
        .input("state", 3, 4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"_", "true"})
  void aLoopMakesItsTrips(String condition) {
    Graphs body = body().node("MatMul", "state w", "m").node("Tanh", "m", "next");
    body.node("Cast", "i", "f", "to", 1).node("Add", "next f", "seen").node("Identity", "on", "go");
    assertEqualsReference(
        loop(condition, body.body("go:bool", "next", "seen")).output("y", 2), values(3, 4));
  }

  @Test
  void aLoopEndsByItsCondition() {
    Graphs body = body().node("MatMul", "state w", "m").node("Tanh", "m", "next");
    body.scalar("one", 1).node("Cast", "i", "f", "to", 1).node("Less", "f one", "go");
    body.node("Neg", "next", "seen");
    assertEqualsReference(
        loop("true", body.body("go:bool", "next", "seen")).output("y", 2), values(3, 4));
  }

  @Test
  void aBranchInALoop() {
    Graph then = Graphs.opset(OPSET).node("MatMul", "state w", "a").body("a");
    Graph otherwise = Graphs.opset(OPSET).node("Sin", "state", "b").body("b");
    Graphs body =
        body().scalar("two", 2).node("Cast", "i", "f", "to", 1).node("Less", "f two", "c");
    body.node("If", "c", "next", "then_branch", then, "else_branch", otherwise);
    body.node("Identity", "on", "go").node("Neg", "next", "seen");
    assertEqualsReference(
        loop("true", body.body("go:bool", "next", "seen")).output("y", 2), values(3, 4));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void aScanReadsElementByElement(long backwards) {
    Graphs body = Graphs.opset(OPSET).input("state", 3, 4).input("e", 3, 4);
    body.node("MatMul", "state w", "m").node("Add", "m e", "a").node("Tanh", "a", "next");
    body.node("Mul", "next e", "out");
    Graphs g = open(3, 5, 4).weight("w", 4, 4).weight("start", 3, 4);
    g.node(
        "Scan",
        "start x",
        "last all",
        "body",
        body.body("next", "out"),
        "num_scan_inputs",
        1,
        "scan_input_axes",
        new long[] {1},
        "scan_input_directions",
        new long[] {backwards},
        "scan_output_axes",
        new long[] {-1},
        "scan_output_directions",
        new long[] {1 - backwards});
    g.node("ReduceSum", "all", "s", "keepdims", 0).node("Mul", "last s", "y");
    assertEqualsReference(g.output("y", 2), values(3, 5, 4));
  }

  @Test
  void anUnknownOperatorInsideIsNamed() {
    Graph strange = Graphs.opset(OPSET).node("Bernoulli", "x", "strange").body("strange");
    Graphs g = open(3, 4).truth("c", true);
    g.node("If", "c", "y", "then_branch", strange, "else_branch", strange);
    assertThatThrownBy(() -> Network.load(g.output("y", 2)))
        .isInstanceOfSatisfying(
            InvalidModelException.class,
            e -> assertThat(e.remedy()).contains("If, Loop, Scan").contains("rspar cut"))
        .hasMessageContaining("Bernoulli node 'node_strange'");
  }

  @Test
  void aLoopWithoutAnEndIsNamed() {
    Graphs body = body().node("Identity", "on", "go").node("Neg", "state", "next");
    Graphs g = open(3, 4).truth("true", true);
    g.node("Loop", "_ true x", "y", "body", body.body("go:bool", "next"));
    assertThatThrownBy(() -> Interpreter.run(g.output("y", 2), values(3, 4)))
        .hasMessageContaining("Loop node 'node_y' has not ended");
  }

  @Test
  void nothingCollectedIsNamed() {
    Graphs body = body().node("Identity", "on", "go").node("Neg", "state", "next");
    Graphs g = open(3, 4).truth("false", false).longs("trips", 3).node("Squeeze", "trips", "n");
    g.node("Loop", "n false x", "last all", "body", body.body("go:bool", "next", "next"));
    g.node("ReduceSum", "all", "y", "keepdims", 0);
    assertThatThrownBy(() -> Interpreter.run(g.output("y", 0), values(3, 4)))
        .hasMessageContaining("Loop node 'node_last'")
        .hasMessageContaining("no trip");
  }

  @Test
  void whatLoadsFoldsConstantSubgraphsOnce() {
    Graph doubled = Graphs.opset(OPSET).node("Add", "table table", "d").body("d");
    Graphs g = open(3, 4).truth("c", true);
    g.constant("table", Tensor.ofFloats(Shape.of(2), 1, 2));
    g.node("If", "c", "t", "then_branch", doubled, "else_branch", doubled);
    g.node("ReduceSum", "t", "s", "keepdims", 0);
    g.node("Mul", "x s", "y");
    Graph graph = g.output("y", 2);
    assertThat(Interpreter.relativeError(graph, values(3, 4))).isLessThan(1e-6);
    try (Network network = Network.load(graph)) {
      assertThat(List.of("t", "s")).allMatch(network::isConstant);
    }
  }
}
