package io.rspar.runtime.kernel;

import static io.rspar.runtime.testing.Graphs.ints;
import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.op.Operators;
import io.rspar.runtime.testing.Derivatives;
import io.rspar.runtime.testing.Graphs;
import io.rspar.runtime.testing.Interpreter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every operator that the graph understands, in every version of its definition from operator set 9
 * on, with attributes and shapes drawn from a seed: the output is ONNX Runtime's, the gradient that
 * of central differences of ONNX Runtime's output.
 */
class OpsetTest {
  private static final double TOLERANCE = 1e-4;
  private static final String CONTRIBUTED = "com.microsoft";

  /** Versions of elementwise functions without other changes than in element types. */
  private static final long[] SINCE_SIX = {9, 13};

  /** Makes a graph of the operator for an operator set. */
  @FunctionalInterface
  private interface Sketch {
    Fed draw(SplittableRandom random, long opset);
  }

  /** A graph and the extents of what it is fed with. */
  private record Fed(Graph graph, long... x) {}

  /** An operator's versions and its graphs. */
  private record Row(String name, boolean smooth, int draws, long[] opsets, Sketch sketch) {}

  private final List<Row> rows = new ArrayList<>();

  /** Operators whose output moves with the input. */
  private void smooth(String name, int draws, long[] opsets, Sketch sketch) {
    rows.add(new Row(name, true, draws, opsets, sketch));
  }

  /** Operators whose derivative is 0 or not defined. */
  private void steps(String name, int draws, long[] opsets, Sketch sketch) {
    rows.add(new Row(name, false, draws, opsets, sketch));
  }

  @TestFactory
  Stream<DynamicTest> equalsOnnxRuntimeInValueAndDerivative() {
    addRows();
    return rows.stream()
        .flatMap(
            row ->
                LongStream.of(row.opsets())
                    .boxed()
                    .flatMap(
                        opset ->
                            LongStream.range(0, row.draws())
                                .mapToObj(seed -> test(row, opset, seed))));
  }

  private static DynamicTest test(Row row, long opset, long seed) {
    String name = row.name() + " of operator set " + opset + ", seed " + seed;
    return DynamicTest.dynamicTest(
        name,
        () -> {
          SplittableRandom random = new SplittableRandom(31 * opset + seed);
          Fed fed = row.sketch().draw(random, opset);
          String what = name + ": " + fed.graph().nodes() + " for " + Shape.of(fed.x());
          Tensor x = Graphs.distinct(random, 2, fed.x());
          assertThat(Interpreter.relativeError(fed.graph(), x)).as(what).isLessThan(TOLERANCE);
          if (row.smooth()) {
            Derivatives.assertEqualsDifferences(what, fed.graph(), x, random);
          }
        });
  }

  @Test
  void everyOperatorOfTheGraphAndOfTheRuntimeHasARow() {
    addRows();
    Set<String> tested = new TreeSet<>();
    Map<String, Row> byName = new TreeMap<>();
    rows.forEach(row -> byName.put(row.name(), row));
    for (Row row : rows) {
      for (long opset : row.opsets()) {
        row.sketch()
            .draw(new SplittableRandom(1), opset)
            .graph()
            .nodes()
            .forEach(node -> tested.add(named(node.domain(), node.opType())));
      }
    }
    tested.add("Constant");
    assertThat(byName.keySet()).as("rows without their operator").allMatch(tested::contains);
    Set<String> understood = new TreeSet<>(Operators.standard());
    Operators.contributed().forEach(type -> understood.add(named(CONTRIBUTED, type)));
    Set<String> run = new TreeSet<>(Kernels.operators());
    Kernels.contributed().forEach(type -> run.add(named(CONTRIBUTED, type)));
    run.add("Constant");
    assertThat(tested).containsAll(run);
    assertThat(run).as("what the graph understands runs").containsAll(understood);
  }

  private static String named(String domain, String type) {
    return domain.isEmpty() ? type : domain + ":" + type;
  }

  private void addRows() {
    functions();
    arithmetic();
    logic();
    convolutions();
    pooling();
    products();
    normalizations();
    recurrences();
    reductions();
    shaping();
    selection();
    ordering();
    resizing();
    sampling();
    attention();
    quantization();
    contributed();
  }

  // Functions of one element.

  private void functions() {
    for (String op : List.of("Sigmoid", "Tanh", "Abs", "Exp", "Neg", "Reciprocal", "Identity")) {
      smooth(op, 1, SINCE_SIX, (r, v) -> through(r, v, op));
    }
    for (String op : List.of("Sqrt", "Log")) {
      smooth(op, 1, SINCE_SIX, (r, v) -> after(r, v, "Exp", op));
    }
    smooth("Relu", 1, new long[] {9, 13, 14}, (r, v) -> through(r, v, "Relu"));
    smooth("Erf", 1, SINCE_SIX, (r, v) -> through(r, v, "Erf"));
    for (String op : List.of("Softplus", "Softsign")) {
      smooth(op, 1, new long[] {9, 22}, (r, v) -> through(r, v, op));
    }
    for (String op : List.of("Sin", "Cos", "Atan", "Sinh", "Cosh", "Asinh")) {
      smooth(op, 1, new long[] {9, 22}, (r, v) -> through(r, v, op));
    }
    smooth("Tan", 1, new long[] {9, 22}, (r, v) -> after(r, v, "Tanh", "Tan"));
    for (String op : List.of("Asin", "Acos", "Atanh")) {
      smooth(op, 1, new long[] {9, 22}, (r, v) -> after(r, v, "Tanh", op));
    }
    smooth("Acosh", 1, new long[] {9, 22}, (r, v) -> after(r, v, "Cosh", "Acosh"));
    smooth("HardSwish", 1, new long[] {14, 22}, (r, v) -> through(r, v, "HardSwish"));
    smooth("Mish", 1, new long[] {18, 22}, (r, v) -> through(r, v, "Mish"));
    steps("Floor", 1, SINCE_SIX, (r, v) -> through(r, v, "Floor"));
    steps("Ceil", 1, SINCE_SIX, (r, v) -> through(r, v, "Ceil"));
    steps("Sign", 1, SINCE_SIX, (r, v) -> through(r, v, "Sign"));
    steps("Round", 1, new long[] {11, 22}, (r, v) -> halves(r, v, "Round"));
    attribute("LeakyRelu", new long[] {9, 16}, "alpha");
    attribute("Elu", new long[] {9, 22}, "alpha");
    attribute("Selu", new long[] {9, 22}, "alpha", "gamma");
    attribute("Celu", new long[] {12}, "alpha");
    attribute("ThresholdedRelu", new long[] {10, 22}, "alpha");
    attribute("HardSigmoid", new long[] {9, 22}, "alpha", "beta");
    attribute("Shrink", new long[] {9}, "lambd", "bias");
    smooth(
        "Gelu",
        2,
        new long[] {20},
        (r, v) -> through(r, v, "Gelu", "approximate", r.nextBoolean() ? "tanh" : "none"));
    smooth("Swish", 1, new long[] {24}, (r, v) -> through(r, v, "Swish", "alpha", 1.3f));
    smooth("PRelu", 3, new long[] {9, 16}, (r, v) -> binary(r, v, "PRelu", false));
    smooth(
        "Clip", 1, new long[] {9}, (r, v) -> through(r, v, "Clip", "min", -0.512f, "max", 0.913f));
    smooth(
        "Clip",
        3,
        new long[] {11, 12, 13},
        (r, v) -> {
          long[] x = shape(r, 2, 4);
          Graphs g = open(v, x).scalar("lo", -0.7f).scalar("hi", 0.8f);
          g.node("Clip", "x " + pick(r, "lo hi", "_ hi", "lo"), "y");
          return new Fed(g.output("y", x.length), x);
        });
    smooth("Dropout", 1, new long[] {9, 10}, (r, v) -> through(r, v, "Dropout", "ratio", 0.3f));
    smooth("Dropout", 1, new long[] {12, 13, 22}, (r, v) -> through(r, v, "Dropout"));
  }

  private void attribute(String op, long[] opsets, String... names) {
    smooth(
        op,
        2,
        opsets,
        (r, v) -> {
          if (r.nextInt(3) == 0) {
            return through(r, v, op);
          }
          Object[] attributes = new Object[2 * names.length];
          for (int i = 0; i < names.length; i++) {
            attributes[2 * i] = names[i];
            attributes[2 * i + 1] = (float) (0.1 + r.nextDouble());
          }
          return through(r, v, op, attributes);
        });
  }

  private static Graphs open(long opset, long... x) {
    long[] declared = x.clone();
    declared[0] = Shape.UNKNOWN;
    return Graphs.opset(opset).input("x", declared);
  }

  private static Fed through(SplittableRandom r, long v, String op, Object... attributes) {
    long[] x = shape(r, 2, 4);
    return new Fed(open(v, x).node(op, "x", "y", attributes).output("y", x.length), x);
  }

  private static Fed after(SplittableRandom r, long v, String before, String op) {
    long[] x = shape(r, 2, 4);
    return new Fed(open(v, x).node(before, "x", "a").node(op, "a", "y").output("y", x.length), x);
  }

  /** Values on and beside the middle between integers. */
  private static Fed halves(SplittableRandom r, long v, String op) {
    Graphs g = open(v, 3, 8).scalar("half", 0.5f).node("Floor", "x", "f");
    g.node("Add", "f half", "h").node(op, "h", "a").node(op, "x", "b");
    return new Fed(g.outputs("a", "b"), 3, 8);
  }

  private static long[] shape(SplittableRandom r, int minRank, int maxRank) {
    return r.longs(r.nextInt(minRank, maxRank + 1), 1, 6).toArray();
  }

  private static String pick(SplittableRandom r, String... choices) {
    return choices[r.nextInt(choices.length)];
  }

  // Functions of several tensors.

  private void arithmetic() {
    for (String op : List.of("Add", "Sub", "Mul", "Div")) {
      smooth(op, 4, new long[] {9, 13, 14}, (r, v) -> binary(r, v, op, true));
    }
    smooth("Pow", 3, new long[] {9, 12, 13, 15}, OpsetTest::power);
    for (String op : List.of("Max", "Min")) {
      smooth(op, 3, new long[] {9, 12, 13}, (r, v) -> several(r, v, op));
    }
    for (String op : List.of("Sum", "Mean")) {
      smooth(op, 3, new long[] {9, 13}, (r, v) -> several(r, v, op));
    }
    steps("Mod", 4, new long[] {10, 13}, OpsetTest::remainder);
    for (long v : new long[] {9, 13, 14}) {
      steps("Div", 1, new long[] {v}, (r, o) -> integers(o, "Div"));
    }
    smooth(
        "Where",
        3,
        new long[] {9, 16},
        (r, v) -> {
          long[] x = shape(r, 2, 4);
          Graphs g = open(v, x).scalar("zero", 0).weight("w", broadcast(r, x));
          g.node("Greater", "x zero", "c").node("Where", pick(r, "c x w", "c w x"), "y");
          return new Fed(g.output("y", x.length), x);
        });
  }

  /** Extents that broadcast to {@code x}: leading axes may be left out, others be 1. */
  private static long[] broadcast(SplittableRandom r, long[] x) {
    int from = r.nextInt(x.length + 1);
    long[] other = new long[x.length - from];
    for (int i = 0; i < other.length; i++) {
      other[i] = r.nextInt(3) == 0 || i + from == 0 ? 1 : x[i + from];
    }
    return other;
  }

  private static Fed binary(SplittableRandom r, long v, String op, boolean bothSides) {
    long[] x = shape(r, 2, 4);
    Graphs g = open(v, x).positive("w", broadcast(r, x));
    if (bothSides && r.nextBoolean()) {
      g.node("Exp", "x", "e").node(op, "w e", "y");
    } else {
      g.node(op, "x w", "y");
    }
    return new Fed(g.output("y", x.length), x);
  }

  private static Fed power(SplittableRandom r, long v) {
    long[] x = shape(r, 2, 3);
    Graphs g = open(v, x).node("Exp", "x", "e").positive("w", broadcast(r, x));
    g.scalar("three", 3);
    if (r.nextBoolean()) {
      g.node("Pow", "x three", "y");
    } else {
      g.node("Pow", pick(r, "e w", "w e"), "y");
    }
    return new Fed(g.output("y", x.length), x);
  }

  private static Fed several(SplittableRandom r, long v, String op) {
    long[] x = shape(r, 2, 4);
    Graphs g = open(v, x).weight("a", broadcast(r, x)).weight("b", broadcast(r, x));
    g.node("Sin", "x", "s").node(op, pick(r, "x", "x a", "a x b", "b s a x"), "y");
    return new Fed(g.output("y", x.length), x);
  }

  private static Fed remainder(SplittableRandom r, long v) {
    if (r.nextBoolean()) {
      Graphs g = open(v, 4, 6).positive("w", 6).node("Mod", "x w", "y", "fmod", 1);
      return new Fed(g.output("y", 2), 4, 6);
    }
    return integers(v, "Mod");
  }

  private static Fed integers(long v, String op) {
    Graphs g = open(v, 4, 6).scalar("five", 5).longs("w", 2, -3, 1, 4, -2, 3);
    g.node("Mul", "x five", "m").node("Cast", "m", "i", "to", 7).node(op, "i w", "o");
    return new Fed(g.outputs("o"), 4, 6);
  }

  private void logic() {
    for (String op : List.of("Greater", "Less")) {
      steps(op, 2, new long[] {9, 13}, (r, v) -> comparison(r, v, op));
    }
    steps("Equal", 2, new long[] {11, 13, 19}, (r, v) -> comparison(r, v, "Equal"));
    for (String op : List.of("GreaterOrEqual", "LessOrEqual")) {
      steps(op, 2, new long[] {12, 16}, (r, v) -> comparison(r, v, op));
    }
    for (String op : List.of("And", "Or", "Xor")) {
      steps(
          op,
          1,
          new long[] {9},
          (r, v) -> {
            Graphs g = open(v, 4, 6).weight("a", 6).weight("b", 1);
            g.node("Greater", "x a", "p").node("Less", "x b", "q").node(op, "p q", "o");
            return new Fed(g.outputs("o"), 4, 6);
          });
    }
    steps(
        "Not",
        1,
        new long[] {9},
        (r, v) -> {
          Graphs g = open(v, 4, 6).weight("a", 6).node("Greater", "x a", "p").node("Not", "p", "o");
          return new Fed(g.outputs("o"), 4, 6);
        });
    steps(
        "IsNaN",
        1,
        new long[] {9, 13, 20},
        (r, v) -> new Fed(nonFinite(v).node("IsNaN", "m", "o").outputs("o"), 4, 6));
    steps(
        "IsInf",
        3,
        new long[] {10, 20},
        (r, v) -> {
          Graphs g = nonFinite(v);
          g.node(
              "IsInf", "m", "o", "detect_positive", r.nextInt(2), "detect_negative", r.nextInt(2));
          return new Fed(g.outputs("o"), 4, 6);
        });
    for (long v : new long[] {9, 13, 19}) {
      steps(
          "Cast",
          1,
          new long[] {v},
          (r, o) -> {
            Graphs g =
                open(o, 4, 6).node("Cast", "x", "i", "to", 7).node("Cast", "x", "b", "to", 9);
            return new Fed(g.node("Cast", "x", "f", "to", 1).outputs("i", "b", "f"), 4, 6);
          });
    }
  }

  /** "m": finite numbers, both infinities and NaN. */
  private static Graphs nonFinite(long v) {
    float infinity = Float.POSITIVE_INFINITY;
    Tensor w = Tensor.ofFloats(Shape.of(6), 1, infinity, 0.5f, Float.NaN, -infinity, 2);
    return open(v, 4, 6).constant("w", w).node("Mul", "x w", "m");
  }

  private static Fed comparison(SplittableRandom r, long v, String op) {
    long[] x = shape(r, 2, 4);
    Graphs g = open(v, x).node("Relu", "x", "p").scalar("zero", 0).weight("w", broadcast(r, x));
    return new Fed(g.node(op, "p " + pick(r, "zero", "w"), "o").outputs("o"), x);
  }

  // Layers.

  private void convolutions() {
    smooth("Conv", 12, new long[] {9, 11, 22}, OpsetTest::convolution);
    smooth("ConvTranspose", 14, new long[] {9, 11, 22}, OpsetTest::transposedConvolution);
  }

  private static long[] same(int n, long value) {
    return LongStream.generate(() -> value).limit(n).toArray();
  }

  private static Fed convolution(SplittableRandom r, long v) {
    int axes = r.nextInt(1, 4);
    long groups = r.nextInt(1, 3);
    long[] x = concat(ints(2, 2 * groups), r.longs(axes, 6, 9).toArray());
    long[] kernel = r.longs(axes, 1, 4).toArray();
    Graphs g = open(v, x).weight("w", concat(ints(2 * groups, 2), kernel)).weight("b", 2 * groups);
    List<Object> attributes = new ArrayList<>(List.of("group", (int) groups));
    attributes.addAll(List.of("kernel_shape", kernel));
    attributes.addAll(List.of("strides", r.longs(axes, 1, 4).toArray()));
    String auto = pick(r, "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");
    attributes.addAll(List.of("auto_pad", auto));
    if (auto.equals("NOTSET")) {
      attributes.addAll(List.of("pads", r.longs(2L * axes, 0, 3).toArray()));
      attributes.addAll(List.of("dilations", r.longs(axes, 1, 3).toArray()));
    }
    g.node("Conv", r.nextBoolean() ? "x w b" : "x w", "y", attributes.toArray());
    return new Fed(g.output("y", axes + 2), x);
  }

  private static Fed transposedConvolution(SplittableRandom r, long v) {
    int axes = r.nextInt(1, 4);
    long groups = r.nextInt(1, 3);
    long[] x = concat(ints(2, 2 * groups), r.longs(axes, 3, 6).toArray());
    long[] kernel = r.longs(axes, 2, 5).toArray();
    long[] strides = r.longs(axes, 1, 4).toArray();
    Graphs g = open(v, x).weight("w", concat(ints(2 * groups, 3), kernel)).weight("b", 3 * groups);
    List<Object> attributes = new ArrayList<>(List.of("group", (int) groups));
    attributes.addAll(List.of("kernel_shape", kernel, "strides", strides));
    String auto = pick(r, "NOTSET", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");
    attributes.addAll(List.of("auto_pad", auto));
    if (auto.equals("NOTSET")) {
      attributes.addAll(List.of("dilations", r.longs(axes, 1, 3).toArray()));
      if (r.nextInt(3) == 0) {
        long[] wanted = new long[axes];
        for (int i = 0; i < axes; i++) {
          wanted[i] = strides[i] * (x[i + 2] - 1) + r.nextInt(1, 3);
        }
        attributes.addAll(List.of("output_shape", wanted));
      } else {
        attributes.addAll(List.of("pads", r.longs(2L * axes, 0, 2).toArray()));
        long[] added = new long[axes];
        for (int i = 0; i < axes; i++) {
          added[i] = r.nextLong(strides[i]);
        }
        attributes.addAll(List.of("output_padding", added));
      }
    }
    g.node("ConvTranspose", r.nextBoolean() ? "x w b" : "x w", "y", attributes.toArray());
    return new Fed(g.output("y", axes + 2), x);
  }

  private static long[] concat(long[] a, long[] b) {
    return LongStream.concat(LongStream.of(a), LongStream.of(b)).toArray();
  }

  private void pooling() {
    smooth("MaxPool", 8, new long[] {9}, (r, v) -> pool(r, v, "MaxPool", false, false));
    smooth("MaxPool", 10, new long[] {10, 11, 12, 22}, (r, v) -> pool(r, v, "MaxPool", true, true));
    smooth("AveragePool", 8, new long[] {9}, (r, v) -> pool(r, v, "AveragePool", false, false));
    smooth("AveragePool", 8, new long[] {10, 11}, (r, v) -> pool(r, v, "AveragePool", true, false));
    smooth("AveragePool", 12, new long[] {19, 22}, (r, v) -> pool(r, v, "AveragePool", true, true));
    smooth("LpPool", 6, new long[] {9, 11}, (r, v) -> pool(r, v, "LpPool", false, false));
    smooth("LpPool", 8, new long[] {18, 22}, (r, v) -> pool(r, v, "LpPool", true, true));
    for (String op : List.of("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")) {
      // ONNX Runtime has no GlobalLpPool of operator set 22.
      long[] versions = op.equals("GlobalLpPool") ? new long[] {9} : new long[] {9, 22};
      smooth(
          op,
          2,
          versions,
          (r, v) -> {
            long[] x = concat(ints(2, 3), r.longs(r.nextInt(1, 4), 2, 5).toArray());
            Object[] p =
                op.equals("GlobalLpPool") ? new Object[] {"p", r.nextInt(1, 4)} : new Object[0];
            return new Fed(open(v, x).node(op, "x", "y", p).output("y", x.length), x);
          });
    }
  }

  private static Fed pool(SplittableRandom r, long v, String op, boolean ceil, boolean dilated) {
    int axes = r.nextInt(1, 4);
    long[] x = concat(ints(2, 3), r.longs(axes, 6, 10).toArray());
    long[] kernel = r.longs(axes, 2, 4).toArray();
    List<Object> attributes = new ArrayList<>(List.of("kernel_shape", kernel));
    attributes.addAll(List.of("strides", r.longs(axes, 1, 4).toArray()));
    String auto = pick(r, "NOTSET", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");
    attributes.addAll(List.of("auto_pad", auto));
    if (auto.equals("NOTSET")) {
      attributes.addAll(List.of("pads", r.longs(2L * axes, 0, 2).toArray()));
      if (ceil) {
        attributes.addAll(List.of("ceil_mode", r.nextInt(2)));
      }
      if (dilated && r.nextBoolean()) {
        attributes.addAll(List.of("dilations", r.longs(axes, 1, 3).toArray()));
      }
    }
    // In one dimension ONNX Runtime counts places after the padding too, unlike in two.
    boolean ceils = attributes.indexOf("ceil_mode") >= 0;
    if (op.equals("AveragePool") && !(ceils && axes == 1)) {
      attributes.addAll(List.of("count_include_pad", r.nextInt(2)));
    }
    if (op.equals("LpPool")) {
      attributes.addAll(List.of("p", r.nextInt(1, 4)));
    }
    return new Fed(open(v, x).node(op, "x", "y", attributes.toArray()).output("y", axes + 2), x);
  }

  private void products() {
    smooth(
        "Gemm",
        4,
        new long[] {9, 11, 13},
        (r, v) -> {
          boolean b = r.nextBoolean();
          Graphs g = open(v, 3, 5).weight("w", b ? 4 : 5, b ? 5 : 4);
          g.weight("c", pick(r, "1", "4").equals("1") ? ints(3, 1) : ints(4));
          g.node(
              "Gemm",
              v < 11 || r.nextBoolean() ? "x w c" : "x w",
              "y",
              "transB",
              b ? 1 : 0,
              "alpha",
              (float) r.nextDouble(0.5, 2),
              "beta",
              0.5f);
          return new Fed(g.output("y", 2), 3, 5);
        });
    smooth(
        "MatMul",
        4,
        new long[] {9, 13},
        (r, v) -> {
          long[] x = concat(shape(r, 1, 3), ints(4, 5));
          long[] w = r.nextBoolean() ? ints(5, 3) : concat(ints(x[x.length - 3]), ints(5, 3));
          Graphs g = open(v, x).weight("w", w).weight("v", 5);
          boolean vector = r.nextInt(4) == 0;
          g.node("MatMul", vector ? "x v" : "x w", "y");
          return new Fed(g.output("y", vector ? x.length - 1 : x.length), x);
        });
    String[] equations = {
      "bij,jk->bik",
      "bhid,bhjd->bhij",
      "bij->bji",
      "bij->b",
      "bij,bij->",
      "bij,bjk",
      "...ij,jk->...ik",
      "bi,bj->bij",
      "bij,kj->kib",
      "b...,b...->b...",
      "bij,j->bi",
      "bij , ik , kl -> bjl"
    };
    for (String equation : equations) {
      smooth("Einsum", 1, new long[] {12}, (r, v) -> einsum(v, equation));
    }
  }

  private static Fed einsum(long v, String equation) {
    String compact = equation.replace(" ", "");
    String[] terms = compact.split("->")[0].split(",");
    Map<Character, Long> extents =
        Map.of('b', 2L, 'h', 3L, 'i', 4L, 'j', 5L, 'k', 3L, 'l', 2L, 'd', 4L);
    long[][] shapes = new long[terms.length][];
    for (int t = 0; t < terms.length; t++) {
      // An ellipsis stands for two axes.
      String labels = terms[t].replace("...", "hd");
      shapes[t] = labels.chars().mapToLong(c -> extents.get((char) c)).toArray();
    }
    Graphs g = Graphs.opset(v).input("x", shapes[0]);
    StringBuilder names = new StringBuilder("x");
    for (int t = 1; t < terms.length; t++) {
      g.weight("w" + t, shapes[t]);
      names.append(" w").append(t);
    }
    g.node("Einsum", names.toString(), "o", "equation", equation);
    return new Fed(g.outputs("o"), shapes[0]);
  }

  private void normalizations() {
    smooth(
        "BatchNormalization",
        4,
        new long[] {9, 14, 15},
        (r, v) -> {
          long[] x = concat(ints(3, 4), shape(r, 1, 2));
          Graphs g = open(v, x).positive("s", 4).weight("b", 4).weight("m", 4).positive("v", 4);
          boolean training = v >= 14 && r.nextBoolean();
          if (training) {
            batchNormOfBatch(g, "y");
          } else {
            g.node("BatchNormalization", "x s b m v", "y", "epsilon", 1e-3f);
          }
          return new Fed(g.output("y", x.length), x);
        });
    // The running statistics that leave a training step carry no gradient.
    steps(
        "BatchNormalization",
        1,
        new long[] {14, 15},
        (r, v) -> {
          Graphs g = open(v, 3, 4, 5, 2).positive("s", 4).weight("b", 4).weight("m", 4);
          return new Fed(
              batchNormOfBatch(g.positive("v", 4), "n").outputs("mean", "var"), 3, 4, 5, 2);
        });
    smooth(
        "InstanceNormalization",
        2,
        new long[] {9, 22},
        (r, v) -> {
          long[] x = concat(ints(3, 4), r.longs(r.nextInt(1, 3), 3, 6).toArray());
          Graphs g = open(v, x).positive("s", 4).weight("b", 4);
          g.node("InstanceNormalization", "x s b", "y", "epsilon", 1e-3f);
          return new Fed(g.output("y", x.length), x);
        });
    smooth(
        "GroupNormalization",
        3,
        new long[] {18, 21},
        (r, v) -> {
          long[] x = concat(ints(3, 6), r.longs(r.nextInt(1, 3), 2, 5).toArray());
          int groups = r.nextBoolean() ? 3 : 2;
          long scales = v < 21 ? groups : 6;
          Graphs g = open(v, x).positive("s", scales).weight("b", scales);
          g.node("GroupNormalization", "x s b", "y", "num_groups", groups, "epsilon", 1e-3f);
          return new Fed(g.output("y", x.length), x);
        });
    smooth(
        "LayerNormalization",
        5,
        new long[] {17},
        (r, v) -> overLast(r, v, "LayerNormalization", true));
    smooth(
        "RMSNormalization",
        4,
        new long[] {23},
        (r, v) -> overLast(r, v, "RMSNormalization", false));
    smooth(
        "SimplifiedLayerNormalization",
        3,
        new long[] {17},
        (r, v) -> overLast(r, v, "SimplifiedLayerNormalization", false));
    smooth(
        "LpNormalization",
        3,
        new long[] {9, 22},
        (r, v) -> {
          long[] x = shape(r, 2, 4);
          int axis = r.nextInt(-x.length, x.length);
          Graphs g =
              open(v, x).node("LpNormalization", "x", "y", "axis", axis, "p", r.nextInt(1, 3));
          return new Fed(g.output("y", x.length), x);
        });
    smooth(
        "MeanVarianceNormalization",
        2,
        new long[] {9, 13},
        (r, v) -> {
          Graphs g = open(v, 3, 4, 3, 5);
          Object[] axes = r.nextBoolean() ? new Object[0] : new Object[] {"axes", ints(1, 2, 3)};
          g.node("MeanVarianceNormalization", "x", "y", axes);
          return new Fed(g.output("y", 4), 3, 4, 3, 5);
        });
    smooth(
        "LRN",
        3,
        new long[] {9, 13},
        (r, v) -> {
          Graphs g = open(v, 2, 7, 3, 4);
          g.node(
              "LRN",
              "x",
              "y",
              "size",
              1 + 2 * r.nextInt(3),
              "alpha",
              0.3f,
              "beta",
              0.6f,
              "bias",
              1.5f);
          return new Fed(g.output("y", 4), 2, 7, 3, 4);
        });
    for (String op : List.of("Softmax", "LogSoftmax")) {
      smooth(op, 3, new long[] {9, 11, 13}, (r, v) -> alongAxis(r, v, op));
    }
    steps("Hardmax", 3, new long[] {9, 11, 13}, (r, v) -> alongAxis(r, v, "Hardmax"));
  }

  private static Fed alongAxis(SplittableRandom r, long v, String op) {
    long[] x = shape(r, 2, 4);
    int axis = r.nextInt(v < 11 ? 0 : -x.length, x.length);
    return new Fed(open(v, x).node(op, "x", "y", "axis", axis).output("y", x.length), x);
  }

  private static Fed overLast(SplittableRandom r, long v, String op, boolean bias) {
    long[] x = r.longs(r.nextInt(2, 5), 2, 6).toArray();
    int axis = r.nextInt(1, x.length);
    long[] over = java.util.Arrays.copyOfRange(x, axis, x.length);
    Graphs g = open(v, x).positive("s", over).weight("b", over);
    g.node(
        op,
        bias && r.nextBoolean() ? "x s b" : "x s",
        "y",
        "axis",
        r.nextBoolean() ? axis : axis - x.length,
        "epsilon",
        1e-3f);
    return new Fed(g.output("y", x.length), x);
  }

  private void recurrences() {
    smooth("LSTM", 5, new long[] {9, 14, 22}, (r, v) -> recurrence(r, v, "LSTM", 4));
    smooth("GRU", 5, new long[] {9, 14, 22}, (r, v) -> recurrence(r, v, "GRU", 3));
    smooth("RNN", 4, new long[] {9, 14, 22}, (r, v) -> recurrence(r, v, "RNN", 1));
  }

  private static Fed recurrence(SplittableRandom r, long v, String op, int gates) {
    int units = 3;
    String direction = pick(r, "forward", "reverse", "bidirectional");
    int d = direction.equals("bidirectional") ? 2 : 1;
    Graphs g = Graphs.opset(v).input("x", 4, 2, 5);
    g.weight("w", d, gates * units, 5).weight("r", d, gates * units, units);
    g.weight("b", d, 2 * gates * units).weight("h", d, 2, units).weight("c", d, 2, units);
    g.weight("p", d, 3 * units);
    boolean lstm = op.equals("LSTM");
    String inputs = pick(r, "x w r", "x w r b", "x w r b _ h") + "";
    if (lstm && r.nextBoolean()) {
      inputs = pick(r, "x w r b _ h c", "x w r b _ _ _ p", "x w r _ _ h c p");
    }
    List<Object> attributes =
        new ArrayList<>(List.of("hidden_size", units, "direction", direction));
    if (op.equals("GRU")) {
      attributes.addAll(List.of("linear_before_reset", r.nextInt(2)));
    }
    g.node(op, inputs, lstm ? "a hn cn" : "a hn", attributes.toArray());
    return new Fed(lstm ? g.outputs("a", "hn", "cn") : g.outputs("a", "hn"), 4, 2, 5);
  }

  // Reductions and shapes.

  private void reductions() {
    for (String op :
        List.of(
            "ReduceMean",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceL1",
            "ReduceL2",
            "ReduceSumSquare",
            "ReduceLogSum",
            "ReduceLogSumExp")) {
      smooth(op, 3, new long[] {9, 11, 13, 18}, (r, v) -> reduction(r, v, op, v < 18));
    }
    smooth("ReduceSum", 3, new long[] {9, 11, 13}, (r, v) -> reduction(r, v, "ReduceSum", v < 13));
  }

  private static Fed reduction(SplittableRandom r, long v, String op, boolean attribute) {
    long[] x = shape(r, 2, 4);
    Graphs g = open(v, x).node(op.equals("ReduceLogSum") ? "Exp" : "Identity", "x", "e");
    List<Object> attributes = new ArrayList<>(List.of("keepdims", r.nextInt(2)));
    boolean all = r.nextInt(4) == 0;
    long[] axes =
        all
            ? new long[0]
            : r.ints(0, x.length)
                .distinct()
                .limit(r.nextInt(1, x.length + 1))
                .asLongStream()
                .toArray();
    for (int i = 0; i < axes.length; i++) {
      axes[i] -= v >= 11 && r.nextBoolean() ? x.length : 0;
    }
    if (!all && attribute) {
      attributes.addAll(List.of("axes", axes));
    }
    g.longs("axes", axes);
    g.node(op, !all && !attribute ? "e axes" : "e", "o", attributes.toArray());
    return new Fed(g.outputs("o"), x);
  }

  private void shaping() {
    smooth(
        "Flatten",
        3,
        new long[] {9, 11, 13, 21, 23},
        (r, v) -> {
          long[] x = shape(r, 2, 4);
          int axis = r.nextInt(v < 11 ? 0 : -x.length, x.length + 1);
          return new Fed(open(v, x).node("Flatten", "x", "y", "axis", axis).output("y", 2), x);
        });
    smooth(
        "Reshape",
        2,
        new long[] {9, 13, 14, 19, 21, 23},
        (r, v) -> {
          long[] target = r.nextBoolean() ? ints(0, -1) : ints(2, -1, 0, 3);
          Graphs g = open(v, 2, 6, 3).longs("s", target);
          return new Fed(g.node("Reshape", "x s", "y").output("y", target.length), 2, 6, 3);
        });
    smooth(
        "Squeeze",
        2,
        new long[] {9, 11, 13, 21, 23},
        (r, v) -> {
          Graphs g = open(v, 2, 1, 4, 1);
          long[] axes = r.nextBoolean() || v < 11 ? ints(1, 3) : ints(-3, -1);
          if (v < 13) {
            g.node("Squeeze", "x", "y", "axes", axes);
          } else {
            g.longs("a", axes).node("Squeeze", "x a", "y");
          }
          return new Fed(g.output("y", 2), 2, 1, 4, 1);
        });
    smooth(
        "Unsqueeze",
        2,
        new long[] {9, 11, 13, 21, 23},
        (r, v) -> {
          Graphs g = open(v, 2, 4);
          long[] axes = r.nextBoolean() || v < 11 ? ints(1, 3) : ints(-1, 0);
          if (v < 13) {
            g.node("Unsqueeze", "x", "y", "axes", axes);
          } else {
            g.longs("a", axes).node("Unsqueeze", "x a", "y");
          }
          return new Fed(g.output("y", 4), 2, 4);
        });
    smooth(
        "Transpose",
        2,
        new long[] {9, 13, 21, 23},
        (r, v) -> {
          Object[] perm = r.nextBoolean() ? new Object[0] : new Object[] {"perm", ints(2, 0, 1)};
          return new Fed(
              open(v, 2, 3, 4).node("Transpose", "x", "y", perm).output("y", 3), 2, 3, 4);
        });
    smooth(
        "Expand",
        2,
        new long[] {9, 13},
        (r, v) -> {
          Graphs g = open(v, 2, 1, 4).longs("s", r.nextBoolean() ? ints(5, 1) : ints(3, 1, 5, 4));
          g.node("Expand", "x s", "o");
          return new Fed(g.outputs("o"), 2, 1, 4);
        });
    smooth(
        "Tile",
        2,
        new long[] {9, 13},
        (r, v) -> {
          Graphs g =
              open(v, 2, 3, 4).longs("n", r.longs(3, 1, 4).toArray()).node("Tile", "x n", "y");
          return new Fed(g.output("y", 3), 2, 3, 4);
        });
    smooth("DepthToSpace", 2, new long[] {9}, (r, v) -> blocks(r, v, "DepthToSpace", false));
    smooth("DepthToSpace", 2, new long[] {11, 13}, (r, v) -> blocks(r, v, "DepthToSpace", true));
    smooth("SpaceToDepth", 2, new long[] {9, 13}, (r, v) -> blocks(r, v, "SpaceToDepth", false));
    steps(
        "Shape",
        1,
        new long[] {9, 13},
        (r, v) -> {
          Graphs g = open(v, 2, 3, 4).node("Shape", "x", "s").node("Size", "x", "n");
          return new Fed(g.outputs("s", "n"), 2, 3, 4);
        });
    steps(
        "Shape",
        3,
        new long[] {15, 19, 21, 23},
        (r, v) -> {
          Graphs g = open(v, 2, 3, 4);
          g.node("Shape", "x", "s", "start", r.nextInt(-4, 3), "end", r.nextInt(-2, 5))
              .node("Size", "x", "n");
          return new Fed(g.outputs("s", "n"), 2, 3, 4);
        });
    steps(
        "Size",
        1,
        new long[] {9, 13, 19, 21, 23},
        (r, v) -> new Fed(open(v, 2, 3, 4).node("Size", "x", "n").outputs("n"), 2, 3, 4));
    steps(
        "ConstantOfShape",
        1,
        new long[] {9, 20, 21, 23},
        (r, v) -> {
          Graphs g = open(v, 2, 3).node("Shape", "x", "s").node("ConstantOfShape", "s", "z");
          g.node("ConstantOfShape", "s", "c", "value", Tensor.ofLongs(Shape.of(1), 7));
          return new Fed(g.outputs("z", "c"), 2, 3);
        });
    steps(
        "Range",
        2,
        new long[] {11},
        (r, v) -> {
          Graphs g = open(v, 2, 3).node("Size", "x", "n");
          g.constant("from", Tensor.ofLongs(Shape.of(), r.nextInt(-3, 3)));
          g.constant("by", Tensor.ofLongs(Shape.of(), r.nextInt(1, 4)))
              .node("Range", "from n by", "i");
          g.constant("down", Tensor.ofLongs(Shape.of(), -2)).node("Range", "n from down", "j");
          g.scalar("a", 0.5f).scalar("z", 3).scalar("d", 0.7f).node("Range", "a z d", "f");
          return new Fed(g.outputs("i", "j", "f"), 2, 3);
        });
  }

  private static Fed blocks(SplittableRandom r, long v, String op, boolean modes) {
    int block = r.nextInt(2, 4);
    long[] x =
        op.equals("DepthToSpace")
            ? ints(2, 2L * block * block, 3, 2)
            : ints(2, 3, 2L * block, block);
    List<Object> attributes = new ArrayList<>(List.of("blocksize", block));
    if (modes) {
      attributes.addAll(List.of("mode", pick(r, "DCR", "CRD")));
    }
    return new Fed(open(v, x).node(op, "x", "y", attributes.toArray()).output("y", 4), x);
  }

  private void selection() {
    smooth(
        "Concat",
        3,
        new long[] {9, 11, 13},
        (r, v) -> {
          long[] x = shape(r, 2, 4);
          int axis = r.nextInt(v < 11 ? 0 : -x.length, x.length);
          Graphs g = open(v, x).node("Sin", "x", "s");
          return new Fed(
              g.node("Concat", pick(r, "x s", "x", "s x s"), "y", "axis", axis)
                  .output("y", x.length),
              x);
        });
    smooth(
        "Split",
        2,
        new long[] {9, 11, 13, 18},
        (r, v) -> {
          Graphs g = open(v, 2, 7, 3).longs("l", 1, 4, 2);
          int axis = r.nextBoolean() || v < 11 ? 1 : -2;
          Object[] lengths =
              v < 13
                  ? new Object[] {"axis", axis, "split", ints(1, 4, 2)}
                  : new Object[] {"axis", axis};
          g.node("Split", v < 13 ? "x" : "x l", "a b c", lengths);
          return new Fed(g.outputs("b", "a", "c"), 2, 7, 3);
        });
    smooth(
        "Split",
        1,
        new long[] {18},
        (r, v) -> {
          Graphs g = open(v, 2, 7, 3).node("Split", "x", "a b c", "axis", 1, "num_outputs", 3);
          return new Fed(g.outputs("a", "b", "c"), 2, 7, 3);
        });
    smooth(
        "Slice",
        4,
        new long[] {9, 10, 11, 13},
        (r, v) -> {
          long[] starts = r.longs(2, -7, 6).toArray();
          long[] ends = r.longs(2, -7, 9).toArray();
          // What is empty has no largest value to compare with.
          long[] steps = r.longs(2, 1, 3).toArray();
          for (int i = 0; i < 2; i++) {
            long from = Math.max(0, Math.min(5, starts[i] < 0 ? starts[i] + 6 : starts[i]));
            long to = Math.max(0, Math.min(6, ends[i] < 0 ? ends[i] + 6 : ends[i]));
            if (to <= from) {
              starts[i] = v < 10 ? 0 : from;
              ends[i] = v < 10 ? 6 : -100;
              steps[i] = -1;
            }
          }
          Graphs g =
              open(v, 2, 6, 6)
                  .longs("s", starts)
                  .longs("e", ends)
                  .longs("a", 2, 1)
                  .longs("t", steps);
          if (v < 10) {
            g.node("Slice", "x", "y", "starts", starts, "ends", ends, "axes", ints(2, 1));
          } else {
            g.node("Slice", "x s e a t", "y");
          }
          return new Fed(g.output("y", 3), 2, 6, 6);
        });
    smooth(
        "Pad",
        3,
        new long[] {9},
        (r, v) ->
            new Fed(
                open(v, 2, 4, 5)
                    .node(
                        "Pad",
                        "x",
                        "y",
                        "mode",
                        pick(r, "constant", "reflect", "edge"),
                        "pads",
                        ints(0, 1, 2, 0, 3, 1))
                    .output("y", 3),
                2,
                4,
                5));
    smooth(
        "Pad",
        4,
        new long[] {11, 13, 18, 19, 21, 23},
        (r, v) -> {
          String mode =
              v < 19
                  ? pick(r, "constant", "reflect", "edge")
                  : pick(r, "constant", "reflect", "edge", "wrap");
          boolean cut = mode.equals("constant");
          Graphs g =
              open(v, 2, 4, 5)
                  .longs("p", 0, cut ? -1 : 1, 2, 0, 3, 1)
                  .scalar("c", 0.5f)
                  .longs("q", 1, 2)
                  .longs("a", -1);
          boolean someAxes = v >= 18 && r.nextBoolean();
          g.node(
              "Pad",
              someAxes ? "x q _ a" : cut && r.nextBoolean() ? "x p c" : "x p",
              "y",
              "mode",
              mode);
          return new Fed(g.output("y", 3), 2, 4, 5);
        });
    smooth(
        "Gather",
        3,
        new long[] {9, 11, 13},
        (r, v) -> {
          long low = v < 11 ? 0 : -3;
          long[] indices = r.longs(4, low, 3).toArray();
          int axis = r.nextInt(v < 11 ? 1 : -2, 3);
          Graphs g = open(v, 3, 4, 5).constant("i", Tensor.ofLongs(Shape.of(2, 2), indices));
          return new Fed(g.node("Gather", "x i", "y", "axis", axis).output("y", 4), 3, 4, 5);
        });
    smooth(
        "GatherElements",
        3,
        new long[] {11, 13},
        (r, v) -> {
          Graphs g =
              open(v, 3, 4, 5)
                  .constant("i", Tensor.ofLongs(Shape.of(2, 3, 2), r.longs(12, -3, 3).toArray()));
          return new Fed(
              g.node("GatherElements", "x i", "y", "axis", r.nextInt(-3, 3)).output("y", 3),
              3,
              4,
              5);
        });
    smooth(
        "GatherND",
        3,
        new long[] {11, 12, 13},
        (r, v) -> {
          int depth = r.nextInt(1, 3);
          Graphs g =
              open(v, 3, 4, 5)
                  .constant(
                      "i",
                      Tensor.ofLongs(Shape.of(3, 2, depth), r.longs(6L * depth, -3, 3).toArray()));
          Object[] shared =
              v >= 12 && r.nextBoolean() ? new Object[] {"batch_dims", 1} : new Object[0];
          return new Fed(g.node("GatherND", "x i", "o", shared).outputs("o"), 3, 4, 5);
        });
    for (String op : List.of("Scatter", "ScatterElements")) {
      long[] versions = op.equals("Scatter") ? new long[] {9} : new long[] {11, 13, 16, 18};
      smooth(
          op,
          2,
          versions,
          (r, v) -> {
            // Places written twice have no defined value.
            Graphs g =
                open(v, 3, 4, 5)
                    .weight("u", 3, 2, 5)
                    .constant("i", Tensor.ofLongs(Shape.of(3, 2, 5), columns(r, v)));
            return new Fed(g.node(op, "x i u", "y", "axis", 1).output("y", 3), 3, 4, 5);
          });
    }
    smooth(
        "ScatterND",
        2,
        new long[] {11, 13, 16, 18},
        (r, v) -> {
          boolean pairs = r.nextBoolean();
          Tensor index =
              pairs
                  ? Tensor.ofLongs(Shape.of(3, 2), 0, 1, 2, -1, 1, 0)
                  : Tensor.ofLongs(Shape.of(2, 1), 2, -3);
          Graphs g =
              open(v, 3, 4, 5).constant("i", index).weight("u", pairs ? ints(3, 5) : ints(2, 4, 5));
          return new Fed(g.node("ScatterND", "x i u", "y").output("y", 3), 3, 4, 5);
        });
  }

  private static long[] columns(SplittableRandom r, long v) {
    long[] index = new long[30];
    for (int n = 0; n < 3; n++) {
      for (int c = 0; c < 5; c++) {
        int first = r.nextInt(4);
        index[n * 10 + c] = first;
        index[n * 10 + 5 + c] = (first + 1) % 4 - (v < 11 ? 0 : 4);
      }
    }
    return index;
  }

  private void ordering() {
    for (String op : List.of("ArgMax", "ArgMin")) {
      steps(
          op,
          3,
          new long[] {9, 11, 12, 13},
          (r, v) -> {
            long[] x = shape(r, 2, 4);
            List<Object> attributes =
                new ArrayList<>(
                    List.of(
                        "axis",
                        r.nextInt(v < 11 ? 0 : -x.length, x.length),
                        "keepdims",
                        r.nextInt(2)));
            if (v >= 12) {
              attributes.addAll(List.of("select_last_index", r.nextInt(2)));
            }
            // Equal elements: which of them counts is defined.
            return new Fed(
                open(v, x)
                    .node("Floor", "x", "f")
                    .node(op, "f", "o", attributes.toArray())
                    .outputs("o"),
                x);
          });
    }
    smooth(
        "TopK",
        2,
        new long[] {10},
        (r, v) -> {
          Graphs g = open(v, 3, 7).longs("k", 3).node("TopK", "x k", "values where", "axis", 1);
          return new Fed(g.outputs("values"), 3, 7);
        });
    steps(
        "TopK",
        3,
        new long[] {11, 24},
        (r, v) -> {
          Graphs g = open(v, 5, 7).longs("k", 3);
          g.node("TopK", "x k", "values where", "axis", r.nextInt(-2, 2), "largest", r.nextInt(2));
          return new Fed(g.outputs("values", "where"), 5, 7);
        });
    smooth(
        "CumSum",
        4,
        new long[] {11, 14},
        (r, v) -> {
          Graphs g = open(v, 3, 4, 5).constant("a", Tensor.ofLongs(Shape.of(), r.nextInt(-3, 3)));
          g.node("CumSum", "x a", "y", "exclusive", r.nextInt(2), "reverse", r.nextInt(2));
          return new Fed(g.output("y", 3), 3, 4, 5);
        });
    smooth(
        "Trilu",
        4,
        new long[] {14},
        (r, v) -> {
          Graphs g = open(v, 3, 4, 5).constant("k", Tensor.ofLongs(Shape.of(), r.nextInt(-3, 3)));
          g.node("Trilu", r.nextBoolean() ? "x k" : "x", "y", "upper", r.nextInt(2));
          return new Fed(g.output("y", 3), 3, 4, 5);
        });
    steps(
        "OneHot",
        3,
        new long[] {9, 11},
        (r, v) -> {
          Graphs g =
              open(v, 3, 4)
                  .longs("depth", 5)
                  .constant("values", Tensor.ofFloats(Shape.of(2), -0.5f, 2));
          g.node("Cast", "x", "i", "to", 7).node("Abs", "i", "p");
          g.node(
              "OneHot",
              v < 11 ? "p depth values" : "i depth values",
              "y",
              "axis",
              r.nextInt(-1, 3));
          return new Fed(g.output("y", 3), 3, 4);
        });
  }

  private void sampling() {
    for (String padding : List.of("zeros", "border", "reflection")) {
      for (String mode : List.of("linear", "nearest", "cubic")) {
        smooth("GridSample", 2, new long[] {16, 20}, (r, v) -> image(r, v, mode, padding));
      }
      for (String mode : List.of("linear", "cubic")) {
        smooth("GridSample", 2, new long[] {16, 20}, (r, v) -> grid(r, v, mode, padding));
      }
      smooth("GridSample", 1, new long[] {20}, (r, v) -> volume(r, v, "linear", padding));
      steps("GridSample", 1, new long[] {20}, (r, v) -> volume(r, v, "nearest", padding));
    }
    for (String mode : List.of("avg", "max")) {
      smooth("RoiAlign", 4, new long[] {10, 16}, (r, v) -> regions(r, v, mode));
    }
    smooth(
        "ReverseSequence",
        2,
        new long[] {10},
        (r, v) -> {
          int batch = r.nextInt(2);
          Graphs g = open(v, 4, 4, 3).longs("n", 4, 1, 3, 2);
          g.node("ReverseSequence", "x n", "y", "batch_axis", batch, "time_axis", 1 - batch);
          return new Fed(g.output("y", 3), 4, 4, 3);
        });
    for (String op : List.of("BitwiseAnd", "BitwiseOr", "BitwiseXor")) {
      steps(
          op,
          1,
          new long[] {18},
          (r, v) -> {
            Graphs g = open(v, 3, 4).constant("k", Tensor.ofFloats(Shape.of(), 50));
            g.node("Mul", "x k", "m").node("Cast", "m", "a", "to", 7).longs("b", -7, 12, 3, 85);
            return new Fed(g.node(op, "a b", "o").outputs("o"), 3, 4);
          });
    }
    for (long v : new long[] {9, 22}) {
      steps(
          "EyeLike",
          2,
          new long[] {v},
          (r, o) -> {
            Graphs g = open(o, 4, 5).node("EyeLike", "x", "e", "k", r.nextInt(-2, 3));
            g.node("EyeLike", "x", "i", "k", r.nextInt(-2, 3), "dtype", 7);
            return new Fed(g.outputs("e", "i"), 4, 5);
          });
    }
  }

  /** The name of a mode in an operator set. */
  private static String mode(long opset, String mode) {
    return opset >= 20 || mode.equals("nearest") ? mode : "bi" + mode;
  }

  private static Fed image(SplittableRandom r, long v, String mode, String padding) {
    Graphs g = open(v, 2, 3, 4, 5).constant("k", Tensor.ofFloats(Shape.of(), 1.6f));
    g.weight("w", 2, 6, 3, 2).node("Mul", "w k", "g");
    return sampled(g, r, v, "x g", mode, padding, 4, 2, 3, 4, 5);
  }

  private static Fed grid(SplittableRandom r, long v, String mode, String padding) {
    Graphs g = open(v, 2, 6, 3, 2).weight("i", 2, 3, 4, 5);
    return sampled(g, r, v, "i x", mode, padding, 4, 2, 6, 3, 2);
  }

  private static Fed volume(SplittableRandom r, long v, String mode, String padding) {
    Graphs g = open(v, 1, 3, 2, 4, 3).weight("i", 1, 2, 3, 4, 5);
    return sampled(g, r, v, "i x", mode, padding, 5, 1, 3, 2, 4, 3);
  }

  private static Fed sampled(
      Graphs g,
      SplittableRandom r,
      long opset,
      String inputs,
      String mode,
      String padding,
      int rank,
      long... x) {
    g.node(
        "GridSample",
        inputs,
        "y",
        "mode",
        mode(opset, mode),
        "padding_mode",
        padding,
        "align_corners",
        r.nextInt(2));
    return new Fed(g.output("y", rank), x);
  }

  private static Fed regions(SplittableRandom r, long v, String mode) {
    float[] corners = {1, 2, 9, 8, 0, 0, 11, 5, -2, 3, 4, 15, 6, 6, 6.5f, 7};
    Graphs g = open(v, 2, 3, 7, 8).constant("r", Tensor.ofFloats(Shape.of(4, 4), corners));
    g.longs("b", 0, 1, 1, 0);
    List<Object> attributes =
        new ArrayList<>(
            List.of(
                "mode",
                mode,
                "output_height",
                3,
                "output_width",
                2,
                "sampling_ratio",
                r.nextInt(3),
                "spatial_scale",
                0.7f));
    if (v >= 16) {
      attributes.addAll(
          List.of("coordinate_transformation_mode", pick(r, "half_pixel", "output_half_pixel")));
    }
    g.node("RoiAlign", "x r b", "y", attributes.toArray());
    return new Fed(g.output("y", 4), 2, 3, 7, 8);
  }

  private void resizing() {
    smooth(
        "Upsample",
        3,
        new long[] {9},
        (r, v) -> {
          Graphs g = open(v, 2, 3, 4, 5).constant("s", Tensor.ofFloats(Shape.of(4), 1, 1, 2, 3));
          g.node("Upsample", "x s", "y", "mode", pick(r, "nearest", "linear"));
          return new Fed(g.output("y", 4), 2, 3, 4, 5);
        });
    smooth(
        "Resize",
        4,
        new long[] {10},
        (r, v) -> {
          float[] s = {1, 1, pickScale(r), pickScale(r)};
          Graphs g = open(v, 2, 3, 6, 5).constant("s", Tensor.ofFloats(Shape.of(4), s));
          g.node("Resize", "x s", "y", "mode", pick(r, "nearest", "linear"));
          return new Fed(g.output("y", 4), 2, 3, 6, 5);
        });
    String[] coordinates = {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"};
    for (String mode : List.of("nearest", "linear", "cubic")) {
      for (String coordinate : coordinates) {
        smooth("Resize", 3, new long[] {11, 13, 18, 19}, (r, v) -> resize(r, v, mode, coordinate));
      }
      smooth("Resize", 3, new long[] {19}, (r, v) -> resize(r, v, mode, "half_pixel_symmetric"));
      if (!mode.equals("cubic")) {
        smooth("Resize", 3, new long[] {11, 13}, (r, v) -> crop(r, v, mode));
      }
    }
    smooth("Resize", 2, new long[] {11}, (r, v) -> resize(r, v, "nearest", "tf_half_pixel_for_nn"));
  }

  private static float pickScale(SplittableRandom r) {
    return new float[] {0.5f, 0.6f, 1, 1.5f, 2, 2.3f}[r.nextInt(6)];
  }

  private static Fed resize(SplittableRandom r, long v, String mode, String coordinate) {
    float[] s = {1, 1, pickScale(r), pickScale(r)};
    long[] sizes = {2, 3, r.nextInt(2, 12), r.nextInt(2, 12)};
    Graphs g = open(v, 2, 3, 6, 5).constant("s", Tensor.ofFloats(Shape.of(4), s)).longs("n", sizes);
    g.constant("none", Tensor.ofFloats(Shape.of(0)));
    List<Object> attributes =
        new ArrayList<>(List.of("mode", mode, "coordinate_transformation_mode", coordinate));
    if (mode.equals("nearest")) {
      attributes.addAll(
          List.of(
              "nearest_mode", pick(r, "round_prefer_floor", "round_prefer_ceil", "floor", "ceil")));
    }
    if (mode.equals("cubic")) {
      attributes.addAll(
          List.of(
              "exclude_outside", r.nextInt(2), "cubic_coeff_a", r.nextBoolean() ? -0.5f : -0.75f));
    }
    String inputs = r.nextBoolean() ? "x none s" : v < 13 ? "x none none n" : "x _ _ n";
    if (v >= 18 && r.nextBoolean()) {
      g.constant("s2", Tensor.ofFloats(Shape.of(2), s[2], s[3])).longs("n2", sizes[2], sizes[3]);
      attributes.addAll(List.of("axes", ints(2, 3)));
      if (r.nextBoolean()) {
        inputs = "x _ _ n2";
        attributes.addAll(
            List.of("keep_aspect_ratio_policy", pick(r, "stretch", "not_larger", "not_smaller")));
      } else {
        inputs = "x _ s2";
      }
    }
    if (v >= 18 && !mode.equals("nearest") && coordinate.equals("half_pixel") && r.nextBoolean()) {
      attributes.addAll(List.of("antialias", 1));
    }
    g.node("Resize", inputs, "y", attributes.toArray());
    return new Fed(g.output("y", 4), 2, 3, 6, 5);
  }

  private static Fed crop(SplittableRandom r, long v, String mode) {
    Tensor region = Tensor.ofFloats(Shape.of(8), 0, 0, 0.2f, -0.1f, 1, 1, 0.8f, 1.2f);
    Graphs g =
        open(v, 2, 3, 6, 5)
            .constant("region", region)
            .longs("n", 2, 3, r.nextInt(2, 9), r.nextInt(2, 9));
    g.constant("none", Tensor.ofFloats(Shape.of(0)));
    g.node(
        "Resize",
        v < 13 ? "x region none n" : "x region _ n",
        "y",
        "mode",
        mode,
        "coordinate_transformation_mode",
        "tf_crop_and_resize",
        "extrapolation_value",
        0.75f);
    return new Fed(g.output("y", 4), 2, 3, 6, 5);
  }

  // Attention: heads of four dimensions, three queries, five keys.

  private void attention() {
    smooth("Attention", 10, new long[] {23}, OpsetTest::attention);
    smooth("RotaryEmbedding", 6, new long[] {23}, OpsetTest::rotary);
    smooth(CONTRIBUTED + ":RotaryEmbedding", 6, new long[] {17}, OpsetTest::contributedRotary);
    smooth(CONTRIBUTED + ":Attention", 8, new long[] {17}, OpsetTest::projectingAttention);
    smooth(CONTRIBUTED + ":MultiHeadAttention", 8, new long[] {17}, OpsetTest::multiHead);
    smooth(CONTRIBUTED + ":GroupQueryAttention", 8, new long[] {17}, OpsetTest::groupQuery);
  }

  private static Fed attention(SplittableRandom r, long v) {
    int heads = 4;
    int shared = r.nextBoolean() ? 2 : 4;
    boolean side = r.nextBoolean();
    int past = r.nextInt(3) == 0 ? 2 : 0;
    int keys = 3 + past;
    Graphs g = side ? open(v, 2, 3, heads * 4) : open(v, 2, heads, 3, 4);
    g.weight("w", 4, 4).weight("narrow", heads * 4, shared * 4);
    if (side) {
      g.node("MatMul", "x narrow", "k").node("Sin", "k", "v");
    } else {
      g.longs("from", 0).longs("to", shared).longs("one", 1);
      g.node("Slice", "x from to one", "some").node("MatMul", "some w", "k").node("Sin", "k", "v");
    }
    g.weight("past.k", 2, shared, past, 4).weight("past.v", 2, shared, past, 4);
    g.weight("by.head", 2, heads, 3, keys).weight("for.all", 3, keys);
    boolean[] seen = new boolean[3 * keys];
    for (int i = 0; i < seen.length; i++) {
      seen[i] = i % keys == 0 || r.nextBoolean();
    }
    g.truth("flat", seen).longs("shape", 3, keys).node("Reshape", "flat shape", "seen");
    String mask = past > 0 ? "_" : pick(r, "_", "by.head", "for.all", "seen");
    List<Object> attributes = new ArrayList<>();
    if (side) {
      attributes.addAll(List.of("q_num_heads", heads, "kv_num_heads", shared));
    }
    if (mask.equals("_") && r.nextBoolean()) {
      attributes.addAll(List.of("is_causal", 1));
    }
    if (r.nextBoolean()) {
      attributes.addAll(List.of("scale", 0.7f));
    }
    if (r.nextInt(3) == 0) {
      attributes.addAll(List.of("softcap", 1.5f));
    }
    g.node(
        "Attention",
        "x k v " + mask + (past > 0 ? " past.k past.v" : ""),
        past > 0 ? "y pk pv" : "y",
        attributes.toArray());
    return side
        ? new Fed(g.output("y", 3), 2, 3, heads * 4)
        : new Fed(g.output("y", 4), 2, heads, 3, 4);
  }

  private static Fed rotary(SplittableRandom r, long v) {
    boolean side = r.nextBoolean();
    boolean positions = r.nextBoolean();
    int rotated = r.nextBoolean() ? 4 : 6;
    Graphs g = side ? open(v, 2, 5, 18) : open(v, 2, 3, 5, 6);
    long[] table = positions ? ints(9, rotated / 2) : ints(2, 5, rotated / 2);
    g.weight("cos", table).weight("sin", table);
    g.constant("at", Tensor.ofLongs(Shape.of(2, 5), 0, 1, 2, 3, 4, 3, 4, 5, 6, 8));
    List<Object> attributes = new ArrayList<>(List.of("interleaved", r.nextInt(2)));
    if (side || rotated < 6) {
      attributes.addAll(List.of("num_heads", 3));
    }
    if (rotated < 6) {
      attributes.addAll(List.of("rotary_embedding_dim", rotated));
    }
    g.node("RotaryEmbedding", positions ? "x cos sin at" : "x cos sin", "y", attributes.toArray());
    return side ? new Fed(g.output("y", 3), 2, 5, 18) : new Fed(g.output("y", 4), 2, 3, 5, 6);
  }

  private static Fed contributedRotary(SplittableRandom r, long v) {
    boolean side = r.nextBoolean();
    Graphs g = side ? open(v, 2, 5, 18) : open(v, 2, 3, 5, 6);
    g.weight("cos", 9, 3).weight("sin", 9, 3).longs("first", 2);
    g.constant("at", Tensor.ofLongs(Shape.of(2, 5), 0, 1, 2, 3, 4, 3, 4, 5, 6, 8));
    g.node(
        CONTRIBUTED + ":RotaryEmbedding",
        "x " + pick(r, "at", "first") + " cos sin",
        "y",
        "interleaved",
        r.nextInt(2));
    return side ? new Fed(g.output("y", 3), 2, 5, 18) : new Fed(g.output("y", 4), 2, 3, 5, 6);
  }

  /**
   * Masks as ONNX Runtime reads them: 0 and 1 per key, or per query and key, or numbers of keys.
   */
  private static String masks(Graphs g, SplittableRandom r, int keys) {
    int[] perKey = new int[2 * keys];
    int[] perQuery = new int[2 * 3 * keys];
    for (int i = 0; i < perQuery.length; i++) {
      perQuery[i] = i % keys == 0 ? 1 : r.nextInt(2);
      perKey[i % perKey.length] = perQuery[i];
    }
    g.integers("per.key", DataType.INT32, Shape.of(2, keys), perKey);
    g.integers("per.query", DataType.INT32, Shape.of(2, 3, keys), perQuery);
    g.integers("lengths", DataType.INT32, Shape.of(2), keys, keys - 1);
    return pick(r, "_", "per.key", "per.query", "lengths");
  }

  private static Fed projectingAttention(SplittableRandom r, long v) {
    Graphs g = open(v, 2, 3, 5).weight("w", 5, 24).weight("b", 24).weight("bias", 2, 2, 3, 3);
    String mask = masks(g, r, 3);
    g.node(
        CONTRIBUTED + ":Attention",
        "x w b " + mask + (r.nextBoolean() ? " _ bias" : ""),
        "y",
        "num_heads",
        2,
        "unidirectional",
        mask.equals("_") ? r.nextInt(2) : 0);
    return new Fed(g.output("y", 3), 2, 3, 5);
  }

  private static Fed multiHead(SplittableRandom r, long v) {
    Graphs g = open(v, 2, 3, 8).weight("w", 8, 8).weight("u", 8, 8).weight("b", 24);
    g.weight("bias", 2, 2, 3, 3).node("MatMul", "x w", "k").node("MatMul", "x u", "v");
    String mask = r.nextBoolean() ? "_" : "per.key";
    masks(g, r, 3);
    g.node(
        CONTRIBUTED + ":MultiHeadAttention",
        "x k v " + pick(r, "b", "_") + " " + mask + (r.nextBoolean() ? " bias" : ""),
        "y",
        "num_heads",
        2,
        "scale",
        0.4f);
    return new Fed(g.output("y", 3), 2, 3, 8);
  }

  private static Fed groupQuery(SplittableRandom r, long v) {
    boolean packed = r.nextBoolean();
    int past = !packed && r.nextInt(3) == 0 ? 2 : 0;
    // With a cache, ONNX Runtime wants one example.
    int batch = past > 0 ? 1 : 2;
    int size = 16;
    Graphs g = open(v, batch, 3, (packed ? 8 : 4) * size).weight("w", 4 * size, 2 * size);
    if (!packed) {
      g.node("MatMul", "x w", "k").node("Sin", "k", "v");
    }
    int[] last = new int[batch];
    Arrays.fill(last, past + 2);
    g.integers("last", DataType.INT32, Shape.of(batch), last);
    g.integers("total", DataType.INT32, Shape.of(), past + 3);
    g.weight("cos", 7, size / 2).weight("sin", 7, size / 2);
    g.weight("past.k", batch, 2, past, size).weight("past.v", batch, 2, past, size);
    String cache = past > 0 ? "past.k past.v" : "_ _";
    g.node(
        CONTRIBUTED + ":GroupQueryAttention",
        "x " + (packed ? "_ _ " : "k v ") + cache + " last total cos sin",
        "y pk pv",
        "num_heads",
        4,
        "kv_num_heads",
        2,
        "do_rotary",
        1,
        "rotary_interleaved",
        r.nextInt(2));
    return new Fed(g.output("y", 3), batch, 3, (packed ? 8 : 4) * size);
  }

  private void quantization() {
    for (String domain : List.of("", CONTRIBUTED + ":")) {
      for (String op : List.of("QuantizeLinear", "DequantizeLinear")) {
        long[] versions = domain.isEmpty() ? new long[] {10, 13, 19, 21} : new long[] {17};
        steps(domain + op, 4, versions, (r, v) -> quantized(r, v, domain));
      }
    }
    steps(
        "CastLike",
        1,
        new long[] {15, 19},
        (r, v) -> {
          Graphs g = open(v, 4, 6).longs("whole", 1).scalar("real", 1);
          g.node("CastLike", "x whole", "i").node("CastLike", "i real", "f");
          return new Fed(g.outputs("i", "f"), 4, 6);
        });
  }

  private static Fed quantized(SplittableRandom r, long v, String domain) {
    boolean perIndex = v >= 13 && r.nextBoolean();
    boolean signed = r.nextBoolean();
    boolean shifted = signed || r.nextBoolean();
    Graphs g = open(v, 4, 6);
    // Off the middle between two steps, so that no rounding error decides.
    float[] scales = {0.0173f, 0.0091f, 0.0057f, 0.0203f, 0.0311f, 0.0077f};
    g.constant(
        "scale",
        perIndex
            ? Tensor.ofFloats(Shape.of(6), scales)
            : Tensor.ofFloats(Shape.of(), scales[r.nextInt(6)]));
    int[] zero = perIndex ? new int[] {3, 0, 9, 1, 120, 77} : new int[] {r.nextInt(100)};
    g.integers(
        "zero", signed ? DataType.INT8 : DataType.UINT8, perIndex ? Shape.of(6) : Shape.of(), zero);
    Object[] axis = v >= 13 ? new Object[] {"axis", 1} : new Object[0];
    String parameters = shifted ? " scale zero" : " scale";
    g.node(domain + "QuantizeLinear", "x" + parameters, "q", axis);
    g.node(domain + "DequantizeLinear", "q" + parameters, "y", axis);
    return new Fed(g.output("y", 2), 4, 6);
  }

  // What ONNX Runtime's optimiser writes.

  private void contributed() {
    String domain = CONTRIBUTED + ":";
    long[] version = {17};
    for (String op : List.of("Gelu", "QuickGelu")) {
      smooth(domain + op, 2, version, (r, v) -> through(r, v, domain + op));
    }
    for (String op : List.of("BiasGelu", "FastGelu")) {
      smooth(
          domain + op,
          2,
          version,
          (r, v) -> {
            Graphs g = open(v, 2, 3, 5).weight("b", 5);
            boolean bias = op.equals("BiasGelu") || r.nextBoolean();
            g.node(domain + op, bias ? "x b" : "x", "y");
            return new Fed(g.output("y", 3), 2, 3, 5);
          });
    }
    smooth(
        domain + "FusedMatMul",
        6,
        version,
        (r, v) -> {
          int a = r.nextInt(2);
          int b = r.nextInt(2);
          long[] x = a == 0 ? ints(2, 3, 5) : ints(2, 5, 3);
          Graphs g = open(v, x).weight("w", b == 0 ? ints(2, 5, 4) : ints(2, 4, 5));
          g.node(domain + "FusedMatMul", "x w", "y", "transA", a, "transB", b, "alpha", 0.3f);
          return new Fed(g.output("y", 3), x);
        });
    for (String activation : List.of("Relu", "Tanh", "Sigmoid", "LeakyRelu", "HardSigmoid")) {
      smooth(domain + "FusedConv", 1, version, (r, v) -> fusedConvolution(r, v, activation));
    }
    // A step of all weights at once moves some values across a limit.
    steps(domain + "FusedConv", 1, version, (r, v) -> fusedConvolution(r, v, "Clip"));
    for (String activation : List.of("Relu", "Tanh", "Sigmoid", "LeakyRelu")) {
      smooth(
          domain + "FusedGemm",
          1,
          version,
          (r, v) -> {
            Graphs g = open(v, 3, 5).weight("w", 4, 5).weight("c", 4);
            Object[] slope =
                activation.equals("LeakyRelu")
                    ? new Object[] {"activation_alpha", 0.3f}
                    : new Object[0];
            List<Object> all = new ArrayList<>(List.of("transB", 1, "activation", activation));
            all.addAll(List.of(slope));
            g.node(domain + "FusedGemm", "x w c", "y", all.toArray());
            return new Fed(g.output("y", 2), 3, 5);
          });
    }
    smooth(domain + "EmbedLayerNormalization", 6, version, OpsetTest::embedNormalization);
    smooth(
        domain + "SkipLayerNormalization",
        4,
        version,
        (r, v) -> skipNormalization(r, v, "SkipLayerNormalization", pick(r, "b", "b s", "_ s")));
    smooth(
        domain + "SkipSimplifiedLayerNormalization",
        3,
        version,
        (r, v) -> skipNormalization(r, v, "SkipSimplifiedLayerNormalization", pick(r, "s", "")));
  }

  private static Fed fusedConvolution(SplittableRandom r, long v, String activation) {
    Graphs g = open(v, 2, 2, 5, 5).weight("w", 3, 2, 3, 3).weight("b", 3).weight("z", 2, 3, 3, 3);
    List<Object> all = new ArrayList<>(List.of("activation", activation));
    switch (activation) {
      case "LeakyRelu" -> all.addAll(List.of("activation_params", new float[] {0.3f}));
      case "HardSigmoid" -> all.addAll(List.of("activation_params", new float[] {0.3f, 0.4f}));
      case "Clip" -> all.addAll(List.of("activation_params", new float[] {-0.9f, 1.1f}));
      default -> {}
    }
    boolean added = activation.equals("Relu") && r.nextBoolean();
    g.node(CONTRIBUTED + ":FusedConv", added ? "x w b z" : "x w b", "y", all.toArray());
    return new Fed(g.output("y", 4), 2, 2, 5, 5);
  }

  private static Graphs batchNormOfBatch(Graphs g, String output) {
    String outputs = output + " mean var";
    return g.node("BatchNormalization", "x s b m v", outputs, "epsilon", 1e-3f, "training_mode", 1);
  }

  /** The table of words is what is fed, so that the derivative goes through the look-up. */
  private static Fed embedNormalization(SplittableRandom r, long v) {
    Graphs g = open(v, 7, 5).weight("p", 4, 5).weight("s", 2, 5).positive("g", 5).weight("b", 5);
    g.integers("ids", DataType.INT32, Shape.of(2, 3), 4, 0, 6, 6, 1, 2);
    g.integers("segments", DataType.INT32, Shape.of(2, 3), 0, 1, 1, 0, 0, 1);
    g.integers("mask", DataType.INT32, Shape.of(2, 3), 1, 1, 0, 1, 1, 1);
    g.integers("at", DataType.INT32, Shape.of(2, 3), 3, 0, 1, 2, 2, 0);
    boolean segmented = r.nextBoolean();
    String op = CONTRIBUTED + ":EmbedLayerNormalization";
    String in = segmented ? "ids segments x p s g b mask" : "ids _ x p _ g b mask";
    g.node(op, in + (r.nextBoolean() ? " at" : ""), "n count sum", "epsilon", 1e-5f);
    g.node("Cast", "count", "c", "to", DataType.FLOAT.onnxCode()).longs("shape", 2, 1, 1);
    g.node("Reshape", "c shape", "shown").node("Mul", "n sum", "m").node("Mul", "m shown", "y");
    return new Fed(g.output("y", 3), 7, 5);
  }

  private static Fed skipNormalization(SplittableRandom r, long v, String op, String rest) {
    Graphs g = open(v, 2, 3, 5).weight("w", 5, 5).positive("g", 5).weight("b", 5).weight("s", 5);
    g.node("MatMul", "x w", "skip");
    g.node(CONTRIBUTED + ":" + op, "x skip g " + rest, "n _ _ sum", "epsilon", 1e-5f);
    g.node("Mul", "n sum", "y");
    return new Fed(g.output("y", 3), 2, 3, 5);
  }
}
