package io.rspar.runtime.kernel;

import static io.rspar.runtime.testing.Graphs.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.runtime.Network;
import io.rspar.runtime.testing.Graphs;
import io.rspar.runtime.testing.Interpreter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Operators against ONNX Runtime in the forms that exporters write; all of them: OpsetTest. */
class KernelsTest {
  private static final double TOLERANCE = 1e-4;

  /** A graph and the extents of what it is fed with. */
  private record Case(Graph graph, long... x) {}

  private final Map<String, Case> cases = new LinkedHashMap<>();

  @TestFactory
  Stream<DynamicTest> equalsOnnxRuntime() {
    addCases();
    return cases.entrySet().stream()
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.getKey(),
                    () -> {
                      Tensor x = Graphs.random(new SplittableRandom(1), 2, c.getValue().x());
                      assertThat(Interpreter.relativeError(c.getValue().graph(), x))
                          .as(c.getKey())
                          .isLessThan(TOLERANCE);
                    }));
  }

  private void addCases() {
    convolutions();
    products();
    normalizations();
    activations();
    elementwise();
    pooling();
    shaping();
    selection();
    reductions();
  }

  private void convolutions() {
    conv("plain", 3, 8, 3, 1, "pads", ints(1, 1, 1, 1));
    conv("strided", 3, 8, 3, 1, "pads", ints(1, 1, 1, 1), "strides", ints(2, 2));
    conv("asymmetric pads", 3, 8, 3, 1, "pads", ints(0, 1, 2, 1), "strides", ints(2, 1));
    conv("pointwise strided", 4, 8, 1, 1, "strides", ints(2, 2));
    conv("pointwise strided padded", 4, 8, 1, 1, "strides", ints(2, 3), "pads", ints(1, 1, 1, 1));
    conv("grouped", 6, 4, 3, 2, "pads", ints(1, 1, 1, 1), "group", 2);
    conv("depthwise strided", 6, 6, 3, 6, "group", 6, "strides", ints(2, 2));
    conv("dilated", 3, 5, 3, 1, "dilations", ints(2, 2), "pads", ints(2, 2, 2, 2));
    conv("same upper", 3, 4, 3, 1, "auto_pad", "SAME_UPPER", "strides", ints(2, 2));
    conv("same lower", 3, 4, 4, 1, "auto_pad", "SAME_LOWER", "strides", ints(2, 2));
    conv("valid", 3, 4, 3, 1, "auto_pad", "VALID");
    Graphs line = Graphs.opset(13).input("x", -1, 3, 11).weight("w", 4, 3, 3).weight("b", 4);
    line.node("Conv", "x w b", "y", "strides", ints(2), "pads", ints(1, 1));
    add("Conv 1-D", line.output("y", 3), 2, 3, 11);
    Graphs volume = Graphs.opset(13).input("x", -1, 2, 5, 6, 7).weight("w", 3, 2, 3, 3, 3);
    volume.node("Conv", "x w", "y", "pads", ints(1, 1, 1, 1, 1, 1));
    add("Conv 3-D", volume.output("y", 5), 2, 2, 5, 6, 7);
  }

  private void conv(String form, int in, int out, int kernel, int groups, Object... attributes) {
    for (boolean bias : new boolean[] {true, false}) {
      Graphs g =
          Graphs.opset(bias ? 9 : 21)
              .input("x", -1, in, 9, 10)
              .weight("w", out, in / groups, kernel, kernel)
              .weight("b", out);
      g.node("Conv", bias ? "x w b" : "x w", "y", attributes);
      add("Conv " + form + (bias ? " with bias" : ""), g.output("y", 4), 2, in, 9, 10);
    }
  }

  private void products() {
    gemm("transB", "w b", "transB", 1);
    gemm("transB, no bias", "w _", "transB", 1);
    gemm("scaled", "w b", "transB", 1, "alpha", 0.5f, "beta", 2f);
    gemm("plain", "v b", "beta", 0.25f);
    gemm("matrix bias", "v c");
    Graphs transposed = Graphs.opset(13).input("x", 5, -1).weight("w", 4, 5);
    transposed.node("Gemm", "x w", "y", "transA", 1, "transB", 1);
    add("Gemm transA", transposed.output("y", 2), 5, 3);
    Graphs tokens = Graphs.opset(13).input("x", -1, 7, 5).weight("w", 5, 4);
    tokens.node("MatMul", "x w", "y");
    add("MatMul tokens", tokens.output("y", 3), 2, 7, 5);
    Graphs scores = Graphs.opset(13).input("x", -1, 2, 7, 5);
    scores.node("Transpose", "x", "t", "perm", ints(0, 1, 3, 2)).node("MatMul", "x t", "y");
    add("MatMul batched", scores.output("y", 4), 3, 2, 7, 5);
  }

  private void gemm(String form, String inputs, Object... attributes) {
    Graphs g =
        Graphs.opset(11)
            .input("x", -1, 5)
            .weight("w", 4, 5)
            .weight("v", 5, 4)
            .weight("b", 4)
            .weight("c", 1, 4);
    g.node("Gemm", "x " + inputs, "y", attributes);
    add("Gemm " + form, g.output("y", 2), 3, 5);
  }

  private void normalizations() {
    for (long opset : new long[] {9, 14, 15}) {
      Graphs g = Graphs.opset(opset).input("x", -1, 4, 5, 5).positive("s", 4).weight("b", 4);
      g.weight("m", 4).positive("v", 4);
      g.node("BatchNormalization", "x s b m v", "y", "epsilon", 1e-3f);
      add("BatchNormalization opset " + opset, g.output("y", 4), 2, 4, 5, 5);
    }
    Graphs flat = Graphs.opset(15).input("x", -1, 4).positive("s", 4).weight("b", 4);
    flat.weight("m", 4).positive("v", 4).node("BatchNormalization", "x s b m v", "y");
    add("BatchNormalization N×C", flat.output("y", 2), 3, 4);
    Graphs layer = Graphs.opset(17).input("x", -1, 6, 8).positive("s", 8).weight("b", 8);
    layer.node("LayerNormalization", "x s b", "y", "epsilon", 1e-6f);
    add("LayerNormalization", layer.output("y", 3), 2, 6, 8);
    Graphs noBias = Graphs.opset(17).input("x", -1, 6, 8).positive("s", 6, 8);
    noBias.node("LayerNormalization", "x s", "y", "axis", 1);
    add("LayerNormalization two axes", noBias.output("y", 3), 2, 6, 8);
    for (String op : List.of("Softmax", "LogSoftmax")) {
      unary(op + " coerced", 11, op, 3, 4, 5);
      unary(op + " coerced axis 2", 9, op, 3, 4, 5, "axis", 2);
      unary(op + " last", 13, op, 3, 4, 5);
      unary(op + " axis 1", 13, op, 3, 4, 5, "axis", 1);
    }
  }

  private void unary(
      String name, long opset, String op, long n, long c, long w, Object... attributes) {
    add(
        name,
        Graphs.opset(opset).input("x", -1, c, w).node(op, "x", "y", attributes).output("y", 3),
        n,
        c,
        w);
  }

  private void activations() {
    for (String op :
        List.of(
            "Relu",
            "Sigmoid",
            "Tanh",
            "HardSwish",
            "Erf",
            "Neg",
            "Abs",
            "Exp",
            "Softplus",
            "Identity",
            "Reciprocal",
            "Dropout")) {
      unary(op, 14, op, 2, 4, 5);
    }
    for (String op : List.of("Sqrt", "Log")) {
      Graphs g = Graphs.opset(13).input("x", -1, 4, 5).node("Abs", "x", "a").node(op, "a", "y");
      add(op, g.output("y", 3), 2, 4, 5);
    }
    unary("LeakyRelu", 13, "LeakyRelu", 2, 4, 5, "alpha", 0.2f);
    unary("HardSigmoid", 13, "HardSigmoid", 2, 4, 5, "alpha", 0.3f, "beta", 0.4f);
    unary("Gelu", 20, "Gelu", 2, 4, 5);
    unary("Gelu tanh", 20, "Gelu", 2, 4, 5, "approximate", "tanh");
    unary("Clip attributes", 9, "Clip", 2, 4, 5, "min", -0.5f, "max", 0.75f);
    Graphs clip = Graphs.opset(13).input("x", -1, 4).scalar("lo", 0).scalar("hi", 1.5f);
    add("Clip inputs", clip.node("Clip", "x lo hi", "y").output("y", 2), 3, 4);
    Graphs upper = Graphs.opset(13).input("x", -1, 4).scalar("hi", 0.5f);
    add("Clip upper only", upper.node("Clip", "x _ hi", "y").output("y", 2), 3, 4);
    Graphs slope = Graphs.opset(13).input("x", -1, 4, 5, 5).positive("s", 4, 1, 1);
    add("PRelu", slope.node("PRelu", "x s", "y").output("y", 4), 2, 4, 5, 5);
  }

  private void elementwise() {
    for (String op : List.of("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum")) {
      for (long[] other : new long[][] {{}, {5}, {4, 1}, {1, 4, 5}}) {
        Graphs g = Graphs.opset(13).input("x", -1, 4, 5).positive("w", other);
        g.node(op, "x w", "y");
        add(op + " with " + Shape.of(other), g.output("y", 3), 2, 4, 5);
        Graphs h = Graphs.opset(13).input("x", -1, 4, 5).positive("w", other).node("Exp", "x", "e");
        h.node(op, "w e", "y");
        add(op + " from " + Shape.of(other), h.output("y", 3), 2, 4, 5);
      }
    }
    Graphs three = Graphs.opset(13).input("x", -1, 4).weight("a", 4).weight("b", 1);
    add("Max of three", three.node("Max", "x a b", "y").output("y", 2), 3, 4);
    Graphs square = Graphs.opset(13).input("x", -1, 4).scalar("two", 2).node("Pow", "x two", "y");
    add("Pow", square.output("y", 2), 3, 4);
    for (String op : List.of("Greater", "Less", "Equal")) {
      Graphs g = Graphs.opset(13).input("x", -1, 4).scalar("zero", 0).weight("w", 4);
      g.node("Relu", "x", "r").node(op, "r zero", "c").node("Where", "c r w", "y");
      add(op + " and Where", g.output("y", 2), 3, 4);
    }
    Graphs mask = Graphs.opset(13).input("x", -1, 3, 4).scalar("zero", 0).weight("w", 3, 1);
    mask.node("Greater", "w zero", "c").node("Where", "c x zero", "y");
    add("Where with a condition per channel", mask.output("y", 3), 2, 3, 4);
    Graphs cast = Graphs.opset(13).input("x", -1, 4).node("Cast", "x", "i", "to", 7);
    add("Cast", cast.node("Cast", "i", "y", "to", 1).output("y", 2), 3, 4);
    Graphs same = Graphs.opset(13).input("x", -1, 4).node("Cast", "x", "y", "to", 1);
    add("Cast to the same", same.output("y", 2), 3, 4);
  }

  private void pooling() {
    for (String op : List.of("MaxPool", "AveragePool")) {
      pool(op, "plain", "kernel_shape", ints(2, 2), "strides", ints(2, 2));
      pool(
          op,
          "padded",
          "kernel_shape",
          ints(3, 3),
          "strides",
          ints(2, 2),
          "pads",
          ints(1, 1, 1, 1));
      pool(
          op,
          "asymmetric",
          "kernel_shape",
          ints(3, 3),
          "strides",
          ints(2, 2),
          "pads",
          ints(0, 1, 1, 0));
      pool(op, "stride 1", "kernel_shape", ints(3, 2));
      pool(op, "ceil", "kernel_shape", ints(2, 2), "strides", ints(2, 2), "ceil_mode", 1);
      pool(
          op,
          "ceil padded",
          "kernel_shape",
          ints(3, 3),
          "strides",
          ints(3, 3),
          "pads",
          ints(1, 1, 1, 1),
          "ceil_mode",
          1);
      pool(
          op,
          "same upper",
          "kernel_shape",
          ints(3, 3),
          "strides",
          ints(2, 2),
          "auto_pad",
          "SAME_UPPER");
    }
    pool(
        "AveragePool",
        "counting pads",
        "kernel_shape",
        ints(3, 3),
        "pads",
        ints(1, 1, 1, 1),
        "count_include_pad",
        1);
    pool(
        "AveragePool",
        "counting asymmetric pads",
        "kernel_shape",
        ints(3, 3),
        "pads",
        ints(0, 1, 2, 1),
        "count_include_pad",
        1);
    pool(
        "AveragePool",
        "counting ceil",
        "kernel_shape",
        ints(3, 3),
        "strides",
        ints(3, 3),
        "pads",
        ints(1, 1, 1, 1),
        "count_include_pad",
        1,
        "ceil_mode",
        1);
    pool("GlobalAveragePool", "");
    pool("GlobalMaxPool", "");
    Graphs line = Graphs.opset(13).input("x", -1, 3, 9);
    line.node("MaxPool", "x", "y", "kernel_shape", ints(3), "strides", ints(2));
    add("MaxPool 1-D", line.output("y", 3), 2, 3, 9);
  }

  private void pool(String op, String form, Object... attributes) {
    Graphs g = Graphs.opset(19).input("x", -1, 3, 9, 10).node(op, "x", "y", attributes);
    add(op + " " + form, g.output("y", 4), 2, 3, 9, 10);
  }

  private void shaping() {
    for (int axis : new int[] {0, 1, 2, -1}) {
      Graphs g = Graphs.opset(13).input("x", -1, 4, 5).node("Flatten", "x", "y", "axis", axis);
      add("Flatten axis " + axis, g.output("y", 2), 2, 4, 5);
    }
    Graphs reshape = Graphs.opset(13).input("x", -1, 4, 6).longs("s", 0, 2, -1);
    add("Reshape", reshape.node("Reshape", "x s", "y").output("y", 3), 2, 4, 6);
    add(
        "Squeeze attribute",
        Graphs.opset(11)
            .input("x", -1, 4, 1)
            .node("Squeeze", "x", "y", "axes", ints(2))
            .output("y", 2),
        2,
        4,
        1);
    Graphs squeeze = Graphs.opset(13).input("x", -1, 1, 4, 1).longs("a", -1, 1);
    add("Squeeze input", squeeze.node("Squeeze", "x a", "y").output("y", 2), 2, 1, 4, 1);
    add(
        "Squeeze all",
        Graphs.opset(13).input("x", -1, 1, 4, 1).node("Squeeze", "x", "y").output("y", 2),
        2,
        1,
        4,
        1);
    add(
        "Unsqueeze attribute",
        Graphs.opset(11)
            .input("x", -1, 4)
            .node("Unsqueeze", "x", "y", "axes", ints(0, 3))
            .output("y", 4),
        2,
        4);
    Graphs unsqueeze = Graphs.opset(13).input("x", -1, 4).longs("a", -1);
    add("Unsqueeze input", unsqueeze.node("Unsqueeze", "x a", "y").output("y", 3), 2, 4);
    unary("Transpose", 13, "Transpose", 2, 4, 5, "perm", ints(2, 0, 1));
    unary("Transpose reversing", 13, "Transpose", 2, 4, 5);
    Graphs expand = Graphs.opset(13).input("x", -1, 1, 5).longs("s", 2, 1, 4, 1);
    add("Expand", expand.node("Expand", "x s", "y").output("y", 4), 3, 1, 5);
    // What exporters write for x.view(x.size(0), -1, 2): shape arithmetic with an open batch.
    Graphs view = Graphs.opset(13).input("x", -1, 4, 6);
    view.node("Shape", "x", "s").constant("zero", Tensor.ofLongs(Shape.of(), 0)).longs("axis", 0);
    view.node("Gather", "s zero", "n").node("Unsqueeze", "n axis", "n1").longs("rest", -1, 2);
    view.node("Concat", "n1 rest", "target", "axis", 0).node("Reshape", "x target", "y");
    add("Shape arithmetic", view.output("y", 3), 3, 4, 6);
    Graphs part = Graphs.opset(15).input("x", -1, 4, 6);
    part.node("Shape", "x", "s", "start", 1, "end", -1).node("Cast", "s", "f", "to", 1);
    add("Shape part", part.node("Mul", "x f", "y").output("y", 3), 3, 4, 6);
    // The channel padding of parameter-free ResNet shortcuts, amounts from folded arithmetic.
    Graphs pads = Graphs.opset(13).input("x", -1, 4, 6, 6);
    pads.longs("four", 4).longs("given", 0, 0, 2, 2);
    pads.node("ConstantOfShape", "four", "zeros", "value", Tensor.ofLongs(Shape.of(1), 0));
    pads.node("Concat", "given zeros", "all", "axis", 0).longs("two", -1, 2);
    pads.node("Reshape", "all two", "pairs").longs("st", -1).longs("en", Long.MIN_VALUE);
    pads.longs("ax", 0).longs("step", -1).node("Slice", "pairs st en ax step", "reversed");
    pads.node("Transpose", "reversed", "t", "perm", ints(1, 0)).longs("flat", -1);
    pads.node("Reshape", "t flat", "amounts").node("Cast", "amounts", "cast", "to", 7);
    pads.node("Pad", "x cast", "y", "mode", "constant");
    add("Pad from arithmetic", pads.output("y", 4), 2, 4, 6, 6);
    Graphs filled = Graphs.opset(13).input("x", -1, 4).node("Shape", "x", "s");
    filled.node("ConstantOfShape", "s", "c", "value", Tensor.ofFloats(Shape.of(1), 2.5f));
    add("ConstantOfShape", filled.node("Add", "x c", "y").output("y", 2), 3, 4);
    Graphs half = Graphs.opset(13).input("x", -1, 6).node("Shape", "x", "s").longs("one", 1);
    half.longs("two", 2).node("Gather", "s one", "w").node("Div", "w two", "h").longs("z", 0);
    half.node("Slice", "x z h one", "y");
    add("Integer Div", half.output("y", 2), 3, 6);
  }

  private void selection() {
    Graphs concat = Graphs.opset(13).input("x", -1, 4, 5).node("Relu", "x", "r");
    add("Concat", concat.node("Concat", "x r x", "y", "axis", -2).output("y", 3), 2, 4, 5);
    add(
        "Slice attributes",
        Graphs.opset(9)
            .input("x", -1, 4, 6)
            .node(
                "Slice", "x", "y", "starts", ints(1, -4), "ends", ints(3, 100), "axes", ints(1, 2))
            .output("y", 3),
        2,
        4,
        6);
    slice("strided", ints(0, 1), ints(Long.MAX_VALUE, Long.MAX_VALUE), ints(1, 2), ints(2, 2));
    slice("backwards", ints(-1, 4), ints(Long.MIN_VALUE, 0), ints(1, 2), ints(-1, -2));
    for (String mode : List.of("constant", "reflect", "edge")) {
      Graphs g = Graphs.opset(13).input("x", -1, 3, 5, 6).longs("p", 0, 0, 1, 2, 0, 0, 2, 0);
      add("Pad " + mode, g.node("Pad", "x p", "y", "mode", mode).output("y", 4), 2, 3, 5, 6);
    }
    Graphs value = Graphs.opset(13).input("x", -1, 3, 5).longs("p", 0, 2, -1, 0, 1, 1);
    value.scalar("v", 1.5f).node("Pad", "x p v", "y");
    add("Pad value, negative", value.output("y", 3), 2, 3, 5);
    Graphs axes = Graphs.opset(18).input("x", -1, 3, 5).longs("p", 1, 2).longs("a", -1);
    add("Pad axes", axes.node("Pad", "x p _ a", "y").output("y", 3), 2, 3, 5);
    add(
        "Pad attribute",
        Graphs.opset(9)
            .input("x", -1, 3, 5)
            .node("Pad", "x", "y", "pads", ints(0, 1, 0, 0, 1, 2), "value", 0.5f)
            .output("y", 3),
        2,
        3,
        5);
    Graphs split = Graphs.opset(13).input("x", -1, 6, 5).longs("l", 1, 2, 3);
    split.node("Split", "x l", "a b c", "axis", 1).node("Concat", "c a b", "y", "axis", 1);
    add("Split lengths", split.output("y", 3), 2, 6, 5);
    Graphs equal = Graphs.opset(11).input("x", -1, 6, 5).node("Split", "x", "a b", "axis", 1);
    add("Split equal", equal.node("Sub", "a b", "y").output("y", 3), 2, 6, 5);
    Graphs uneven =
        Graphs.opset(18).input("x", -1, 5).node("Split", "x", "a b", "axis", 1, "num_outputs", 2);
    add("Split uneven", uneven.node("Concat", "b a", "y", "axis", 1).output("y", 2), 2, 5);
    Graphs one =
        Graphs.opset(13).input("x", -1, 6, 5).constant("i", Tensor.ofLongs(Shape.of(), -2));
    add("Gather scalar", one.node("Gather", "x i", "y", "axis", 1).output("y", 2), 2, 6, 5);
    Graphs many =
        Graphs.opset(13)
            .input("x", -1, 6, 5)
            .constant("i", Tensor.ofLongs(Shape.of(2, 2), 0, 5, 2, 2));
    add("Gather matrix", many.node("Gather", "x i", "y", "axis", 1).output("y", 4), 2, 6, 5);
  }

  private void slice(String form, long[] starts, long[] ends, long[] axes, long[] steps) {
    Graphs g = Graphs.opset(13).input("x", -1, 4, 6).longs("s", starts).longs("e", ends);
    g.longs("a", axes).longs("t", steps).node("Slice", "x s e a t", "y");
    add("Slice " + form, g.output("y", 3), 2, 4, 6);
  }

  private void reductions() {
    for (String op : List.of("ReduceMean", "ReduceSum", "ReduceMax")) {
      boolean sum = op.equals("ReduceSum");
      unary(op + " attribute", sum ? 11 : 13, op, 2, 4, 5, "axes", ints(1, -1));
      Graphs g = Graphs.opset(sum ? 13 : 18).input("x", -1, 4, 5).longs("a", -1, 1);
      g.node(op, "x a", "y", "keepdims", 0);
      add(op + " input", g.output("y", 1), 2, 4, 5);
      unary(op + " all", 13, op, 2, 4, 5);
    }
  }

  private void add(String name, Graph graph, long... x) {
    assertThat(cases.put(name, new Case(graph, x))).as(name + " named twice").isNull();
  }

  @Test
  void unknownOperatorIsRefusedByNameAtLoad() {
    Graph graph = Graphs.opset(13).input("x", -1, 4).node("Det", "x", "y").output("y", 1);
    assertThatThrownBy(
            () -> Interpreter.run(graph, Graphs.random(new SplittableRandom(1), 1, 2, 4)))
        .isInstanceOfSatisfying(
            InvalidModelException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(InvalidModelException.Kind.UNSUPPORTED);
              assertThat(e).hasMessageContaining("Det node 'node_y'");
              assertThat(e.remedy()).contains("Conv", "Gemm");
            });
  }

  @Test
  void foreignDomainIsRefused() {
    Node node = new Node("n", "example.org", "Gelu", List.of("x"), List.of("y"), Map.of());
    assertThatThrownBy(() -> Kernels.bind(node, 17)).hasMessageContaining("example.org.Gelu");
  }

  @Test
  void unsupportedFormsAreRefusedAtLoad() {
    List<Graph> graphs = new ArrayList<>();
    graphs.add(
        Graphs.opset(16)
            .input("x", -1, 3)
            .longs("i", 0)
            .weight("u", 1)
            .node("ScatterND", "x i u", "y", "reduction", "add")
            .output("y", 2));
    graphs.add(
        Graphs.opset(14)
            .input("x", -1, 3, 4)
            .weight("w", 1, 8, 4)
            .weight("r", 1, 8, 2)
            .node("LSTM", "x w r", "y", "hidden_size", 2, "clip", 1f)
            .output("y", 4));
    graphs.add(
        Graphs.opset(14)
            .input("x", -1, 3, 4)
            .weight("w", 1, 2, 4)
            .weight("r", 1, 2, 2)
            .node("RNN", "x w r", "y", "hidden_size", 2, "activations", List.of("Affine"))
            .output("y", 4));
    graphs.add(
        Graphs.opset(13)
            .input("x", -1, 3, 9, 9)
            .node("MaxPool", "x", "y i", "kernel_shape", ints(2, 2))
            .output("y", 4));
    graphs.add(
        Graphs.opset(12)
            .input("x", -1, 3)
            .node("Einsum", "x", "y", "equation", "ii->i")
            .output("y", 1));
    for (Graph graph : graphs) {
      assertThatThrownBy(() -> Network.load(graph).close())
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("node_y");
    }
  }
}
