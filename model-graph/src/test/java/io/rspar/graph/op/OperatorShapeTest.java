package io.rspar.graph.op;

import static io.rspar.graph.build.GraphBuilder.integer;
import static io.rspar.graph.build.GraphBuilder.ints;
import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.shape.Shapes;
import io.rspar.graph.testing.OnnxRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** One node per case; the shapes that ONNX Runtime computes are the truth. */
class OperatorShapeTest {
  /** A network of one node over an image N × 4 × 9 × 7, and its MACs for one example. */
  private record Case(String name, long macs, Function<GraphBuilder, String> node) {}

  private static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.add(conv("same", 6, 1, Map.of("pads", ints(1, 1, 1, 1)), 6L * 9 * 7 * 4 * 9));
    cases.add(conv("valid strided", 6, 1, Map.of("strides", ints(2, 3)), 6L * 4 * 2 * 4 * 9));
    cases.add(
        conv(
            "uneven pads",
            6,
            1,
            Map.of("pads", ints(0, 1, 2, 0), "strides", ints(2, 2)),
            6L * 5 * 3 * 4 * 9));
    cases.add(conv("dilated", 6, 1, Map.of("dilations", ints(2, 2)), 6L * 5 * 3 * 4 * 9));
    cases.add(
        conv(
            "auto pad",
            6,
            1,
            Map.of("auto_pad", new Attribute.OfString("SAME_UPPER"), "strides", ints(2, 2)),
            6L * 5 * 4 * 4 * 9));
    cases.add(conv("grouped", 6, 2, Map.of(), 6L * 7 * 5 * 2 * 9));
    cases.add(conv("depthwise", 8, 4, Map.of(), 8L * 7 * 5 * 9));
    cases.add(
        new Case(
            "Conv 1-D",
            6L * 61 * 4 * 3,
            b -> {
              String x = b.node("Reshape", "r", "x", b.longs("s", 0, 4, 63));
              return b.node("Conv", "n", x, b.weight("w", 6, 4, 3));
            }));
    cases.add(
        new Case(
            "Conv 3-D",
            2L * 2 * 8 * 6 * 8,
            b -> {
              String x = b.node("Reshape", "r", "x", b.longs("s", 0, 1, 4, 9, 7));
              return b.node(
                  "Conv", "n", Map.of("strides", ints(2, 1, 1)), x, b.weight("w", 2, 1, 2, 2, 2));
            }));
    cases.add(
        new Case(
            "ConvTranspose",
            4L * 9 * 7 * 5 * 9,
            b ->
                b.node(
                    "ConvTranspose",
                    "n",
                    Map.of(
                        "strides", ints(2, 2),
                        "pads", ints(1, 1, 1, 1),
                        "output_padding", ints(1, 1)),
                    "x",
                    b.weight("w", 4, 5, 3, 3))));
    for (int kernel : new int[] {1, 2, 3, 4}) {
      for (String pad : List.of("SAME_UPPER", "SAME_LOWER", "VALID")) {
        cases.add(
            new Case(
                "ConvTranspose " + pad + " with a kernel of " + kernel,
                4L * 9 * 7 * 5 * kernel * kernel,
                b ->
                    b.node(
                        "ConvTranspose",
                        "n",
                        Map.of("strides", ints(3, 2), "auto_pad", new Attribute.OfString(pad)),
                        "x",
                        b.weight("w", 4, 5, kernel, kernel))));
      }
    }
    cases.add(new Case("BatchNormalization", 2L * 4 * 9 * 7, b -> b.batchNorm("n", "x", 4)));
    cases.add(new Case("Gemm", 252L * 5, b -> b.linear("n", b.node("Flatten", "f", "x"), 252, 5)));
    cases.add(
        new Case(
            "Gemm transposed",
            4L * 63 * 5 + 0,
            b -> {
              String a = b.node("Reshape", "r", "x", b.longs("s", 63, -1));
              return b.node("Gemm", "n", Map.of("transA", integer(1)), a, b.weight("w", 63, 5));
            }));
    cases.add(
        new Case("MatMul", 4L * 9 * 7 * 3, b -> b.node("MatMul", "n", "x", b.weight("w", 7, 3))));
    cases.add(
        new Case(
            "MatMul constant on the left",
            4L * 5 * 9 * 7,
            b -> b.node("MatMul", "n", b.weight("w", 5, 9), "x")));
    cases.add(
        new Case(
            "MatMul batched",
            4L * 9 * 7 * 3,
            b -> b.node("MatMul", "n", "x", b.weight("w", 4, 7, 3))));
    cases.add(
        new Case(
            "MatMul of two activations",
            4L * 9 * 9 * 7,
            b ->
                b.node(
                    "MatMul",
                    "n",
                    "x",
                    b.node("Transpose", "t", Map.of("perm", ints(0, 1, 3, 2)), "x"))));
    for (int batch = 0; batch < 2; batch++) {
      Map<String, Attribute> batched = Map.of("batch_dims", integer(batch));
      String places = "places" + batch;
      long named = 2;
      cases.add(
          new Case(
              "GatherND behind " + batch,
              0,
              b ->
                  b.node(
                      "GatherND",
                      "n",
                      batched,
                      b.node("Slice", "s", "x", b.longs("from", 0), b.longs("to", 2)),
                      b.constant(places, Tensor.ofLongs(Shape.of(2, 3, named), new long[12])))));
    }
    cases.add(
        new Case(
            "GridSample",
            0,
            b -> {
              String one = b.node("Slice", "s", "x", b.longs("from", 0), b.longs("to", 1));
              return b.node("GridSample", "n", one, b.uniform("grid", -1, 1, 1, 5, 3, 2));
            }));
    cases.add(
        new Case(
            "RoiAlign",
            0,
            b ->
                b.node(
                    "RoiAlign",
                    "n",
                    Map.of("output_height", integer(3), "output_width", integer(2)),
                    "x",
                    b.uniform("rois", 0, 4, 5, 4),
                    b.longs("examples", 0, 1, 0, 1, 1))));
    cases.add(new Case("CastLike", 0, b -> b.node("CastLike", "n", "x", b.scalar("like", 1))));
    cases.add(pool("MaxPool", Map.of("kernel_shape", ints(3, 3), "strides", ints(2, 2))));
    cases.add(
        pool(
            "MaxPool",
            Map.of("kernel_shape", ints(2, 2), "strides", ints(2, 2), "ceil_mode", integer(1))));
    cases.add(pool("AveragePool", Map.of("kernel_shape", ints(3, 2), "pads", ints(1, 0, 1, 1))));
    cases.add(
        pool(
            "AveragePool",
            Map.of(
                "kernel_shape",
                ints(3, 3),
                "strides",
                ints(3, 3),
                "pads",
                ints(1, 1, 1, 1),
                "ceil_mode",
                integer(1))));
    cases.add(pool("GlobalAveragePool", Map.of()));
    cases.add(pool("GlobalMaxPool", Map.of()));
    for (String opType :
        List.of(
            "Relu",
            "LeakyRelu",
            "Sigmoid",
            "HardSigmoid",
            "HardSwish",
            "Tanh",
            "Erf",
            "Exp",
            "Neg",
            "Abs",
            "Identity",
            "Dropout",
            "Clip",
            "Sqrt",
            "Floor",
            "Softplus")) {
      cases.add(free(opType, b -> b.node(opType, "n", "x")));
    }
    cases.add(
        free(
            "Cast",
            b ->
                b.node(
                    "Cast",
                    "m",
                    Map.of("to", integer(DataType.FLOAT.onnxCode())),
                    b.node("Cast", "n", Map.of("to", integer(DataType.INT32.onnxCode())), "x"))));
    for (String opType : List.of("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "PRelu")) {
      cases.add(free(opType, b -> b.node(opType, "n", "x", b.weight("w", 4, 1, 1))));
    }
    cases.add(
        free("Add stretches both", b -> b.node("Add", "n", "x", b.weight("w", 5, 1, 1, 9, 1))));
    cases.add(
        free(
            "Where",
            b ->
                b.node(
                    "Where",
                    "n",
                    b.node("Greater", "g", "x", b.constant("zero", Tensor.ofFloats(Shape.of(), 0))),
                    "x",
                    b.weight("w", 7))));
    cases.add(free("Flatten", b -> b.node("Flatten", "n", Map.of("axis", integer(2)), "x")));
    cases.add(free("Flatten all", b -> b.node("Flatten", "n", Map.of("axis", integer(0)), "x")));
    cases.add(free("Reshape", b -> b.node("Reshape", "n", "x", b.longs("s", 0, -1, 7))));
    cases.add(free("Reshape into batch", b -> b.node("Reshape", "n", "x", b.longs("s", -1, 9, 7))));
    cases.add(
        free(
            "Squeeze",
            b ->
                b.node(
                    "Squeeze", "n", b.node("GlobalAveragePool", "g", "x"), b.longs("a", 2, -1))));
    cases.add(
        free("Squeeze all", b -> b.node("Squeeze", "n", b.node("GlobalAveragePool", "g", "x"))));
    cases.add(free("Unsqueeze", b -> b.node("Unsqueeze", "n", "x", b.longs("a", 1, -1))));
    cases.add(
        free("Transpose", b -> b.node("Transpose", "n", Map.of("perm", ints(0, 2, 3, 1)), "x")));
    cases.add(free("Transpose reversed", b -> b.node("Transpose", "n", "x")));
    cases.add(
        free("Concat", b -> b.node("Concat", "n", Map.of("axis", integer(-1)), "x", "x", "x")));
    cases.add(
        free(
            "Slice",
            b ->
                b.node(
                    "Slice",
                    "n",
                    "x",
                    b.longs("starts", 1, -1),
                    b.longs("ends", -1, -100),
                    b.longs("axes", 1, 2),
                    b.longs("steps", 1, -2))));
    cases.add(free("Pad", b -> b.node("Pad", "n", "x", b.longs("p", 0, 2, -1, 0, 0, 3, 0, 1))));
    cases.add(
        free(
            "Split",
            b ->
                b.nodes("Split", "n", Map.of("axis", integer(2)), 2, "x", b.longs("sizes", 4, 5))
                    .get(1)));
    cases.add(
        free(
            "Gather",
            b -> b.node("Gather", "n", Map.of("axis", integer(1)), "x", b.longs("i", 3, 0, -1))));
    cases.add(free("Expand", b -> b.node("Expand", "n", "x", b.longs("s", 3, 1, 4, 1, 7))));
    cases.add(
        free(
            "ReduceMean",
            b ->
                b.node(
                    "ReduceMean", "n", Map.of("axes", ints(2, -1), "keepdims", integer(0)), "x")));
    cases.add(free("ReduceSum", b -> b.node("ReduceSum", "n", "x", b.longs("a", 1))));
    cases.add(free("Softmax", b -> b.node("Softmax", "n", "x")));
    cases.add(
        free(
            "Resize",
            b ->
                b.node(
                    "Resize",
                    "n",
                    "x",
                    "",
                    b.constant("scales", Tensor.ofFloats(Shape.of(4), 1, 1, 1.5f, 2)))));
    cases.addAll(more());
    return cases;
  }

  private static List<Case> more() {
    List<Case> cases = new ArrayList<>();
    for (String opType : List.of("LayerNormalization", "SimplifiedLayerNormalization")) {
      cases.add(
          new Case(opType, 2L * 4 * 9 * 7, b -> b.node(opType, "n", "x", b.weight("scale", 7))));
    }
    cases.add(
        new Case(
            "GroupNormalization",
            2L * 4 * 9 * 7,
            b ->
                b.opset(18)
                    .node(
                        "GroupNormalization",
                        "n",
                        Map.of("num_groups", integer(2)),
                        "x",
                        b.weight("s", 2),
                        b.weight("b", 2))));
    cases.add(einsum("ij,bchj->bchi", 4L * 9 * 7 * 5, 5, 7));
    cases.add(einsum("...ij,jk->...ik", 4L * 9 * 7 * 5, 7, 5));
    cases.add(einsum("bchw,...h", 4L * 9 * 7, 9));
    cases.add(free("Tile", b -> b.node("Tile", "n", "x", b.longs("r", 1, 3, 1, 2))));
    cases.add(
        free(
            "DepthToSpace",
            b -> b.node("DepthToSpace", "n", Map.of("blocksize", integer(2)), "x")));
    cases.add(
        free(
            "SpaceToDepth",
            b -> {
              String square = b.node("Reshape", "r", "x", b.longs("s", 0, 2, 6, -1));
              return b.node("SpaceToDepth", "n", Map.of("blocksize", integer(3)), square);
            }));
    cases.add(
        free(
            "ArgMax",
            b -> {
              Map<String, Attribute> last = Map.of("axis", integer(-1), "keepdims", integer(0));
              Map<String, Attribute> real = Map.of("to", integer(DataType.FLOAT.onnxCode()));
              return b.node("Cast", "c", real, b.node("ArgMax", "n", last, "x"));
            }));
    cases.add(
        free(
            "TopK",
            b -> b.nodes("TopK", "n", Map.of("axis", integer(2)), 2, "x", b.longs("k", 3)).get(0)));
    cases.add(
        free(
            "CumSum",
            b -> b.node("CumSum", "n", "x", b.constant("a", Tensor.ofLongs(Shape.of(), 2)))));
    cases.add(free("Trilu", b -> b.node("Trilu", "n", "x")));
    cases.add(free("LRN", b -> b.node("LRN", "n", Map.of("size", integer(3)), "x")));
    cases.add(free("LpNormalization", b -> b.node("LpNormalization", "n", "x")));
    cases.add(
        free("MeanVarianceNormalization", b -> b.node("MeanVarianceNormalization", "n", "x")));
    cases.add(
        free(
            "GatherElements",
            b ->
                b.node(
                    "GatherElements",
                    "n",
                    Map.of("axis", integer(1)),
                    "x",
                    b.node("ArgMax", "a", Map.of("axis", integer(1)), "x"))));
    cases.add(
        free(
            "ScatterND",
            b ->
                b.node(
                    "ScatterND",
                    "n",
                    "x",
                    b.constant("i", Tensor.ofLongs(Shape.of(1, 1), 0)),
                    b.weight("u", 1, 4, 9, 7))));
    for (Map.Entry<String, Integer> layer : Map.of("LSTM", 4, "GRU", 3, "RNN", 1).entrySet()) {
      cases.add(
          new Case(
              layer.getKey(),
              36L * 2 * layer.getValue() * 5 * (7 + 5),
              b -> {
                String steps = b.node("Reshape", "r", "x", b.longs("s", 36, -1, 7));
                return recurrent(b, layer.getKey(), layer.getValue(), steps);
              }));
    }
    cases.add(
        free(
            "Resize of two axes",
            b ->
                b.opset(18)
                    .node(
                        "Resize",
                        "n",
                        Map.of("axes", ints(2, 3)),
                        "x",
                        "",
                        "",
                        b.longs("sizes", 5, 11))));
    return cases;
  }

  private static String recurrent(GraphBuilder b, String opType, int gates, String x) {
    Map<String, Attribute> attributes =
        Map.of("hidden_size", integer(5), "direction", new Attribute.OfString("bidirectional"));
    return b.node(
        opType,
        "n",
        attributes,
        x,
        b.weight("W", 2, gates * 5, 7),
        b.weight("R", 2, gates * 5, 5),
        b.weight("B", 2, 2 * gates * 5));
  }

  private static Case einsum(String equation, long macs, long... weight) {
    boolean first = equation.startsWith("ij");
    Map<String, Attribute> attributes = Map.of("equation", new Attribute.OfString(equation));
    return new Case(
        "Einsum " + equation,
        macs,
        b -> {
          String w = b.weight("w", weight);
          return b.node("Einsum", "n", attributes, first ? w : "x", first ? "x" : w);
        });
  }

  private static Case conv(
      String name, int outputs, int groups, Map<String, Attribute> attributes, long macs) {
    return new Case(
        "Conv " + name,
        macs,
        b -> {
          Map<String, Attribute> all = new java.util.TreeMap<>(attributes);
          all.put("group", integer(groups));
          return b.node(
              "Conv",
              "n",
              all,
              "x",
              b.weight("w", outputs, 4 / groups, 3, 3),
              b.weight("bias", outputs));
        });
  }

  private static Case pool(String opType, Map<String, Attribute> attributes) {
    return free(opType + " " + attributes.keySet(), b -> b.node(opType, "n", attributes, "x"));
  }

  private static Case free(String name, Function<GraphBuilder, String> node) {
    return new Case(name, 0, node);
  }

  private static Graph build(Case c, long batch) {
    GraphBuilder b = new GraphBuilder(1);
    b.input("x", batch, 4, 9, 7);
    return b.output(c.node().apply(b), DataType.FLOAT).build();
  }

  @TestFactory
  Stream<DynamicTest> aShapeIsTheOneThatOnnxRuntimeComputes() {
    return cases().stream()
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.name(),
                    () -> {
                      Graph graph = build(c, 2);
                      String output = graph.outputs().get(0).name();
                      assertThat(Shapes.infer(graph).shape(output))
                          .isEqualTo(OnnxRuntime.shapes(graph, 1).get(output));
                    }));
  }

  /** Known extents are those of ONNX Runtime, open ones change with the batch, and no others. */
  @TestFactory
  Stream<DynamicTest> anOpenBatchStaysOpenAndNothingElse() {
    return cases().stream()
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.name(),
                    () -> {
                      Graph open = build(c, -1);
                      String output = open.outputs().get(0).name();
                      Shape two = OnnxRuntime.shapes(build(c, 2), 1).get(output);
                      Shape four = OnnxRuntime.shapes(build(c, 4), 1).get(output);
                      Shape inferred = Shapes.infer(open).shape(output);
                      assertThat(inferred.rank()).isEqualTo(two.rank());
                      for (int axis = 0; axis < two.rank(); axis++) {
                        assertThat(inferred.dim(axis))
                            .as("axis %d of %s", axis, inferred)
                            .isEqualTo(
                                two.dim(axis) == four.dim(axis) ? two.dim(axis) : Shape.UNKNOWN);
                      }
                    }));
  }

  @TestFactory
  Stream<DynamicTest> macsAreThoseOfTheFormula() {
    return cases().stream()
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.name(), () -> assertThat(Cost.of(build(c, -1)).macs()).isEqualTo(c.macs())));
  }
}
