package io.rspar.graph.testing;

import static io.rspar.graph.build.GraphBuilder.integer;

import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/** Networks with QuantizeLinear and DequantizeLinear between their layers (QDQ). */
final class QuantizedNetworks {
  private QuantizedNetworks() {}

  static Map<String, Supplier<Graph>> all() {
    Map<String, Supplier<Graph>> all = new LinkedHashMap<>();
    all.put("quantizedWeights", QuantizedNetworks::weights);
    all.put("quantizedActivations", QuantizedNetworks::activations);
    return all;
  }

  /** Weights as 8-bit integers with a scale for each output channel, and one for all. */
  private static Graph weights() {
    GraphBuilder b = new GraphBuilder(51);
    String image = b.input("image", -1, 3, 6, 6);
    String x = b.node("Conv", "first", image, weight(b, "first", 0, 8, 8, 3, 3, 3));
    x = b.relu("relu", x);
    x = b.node("Conv", "second", x, weight(b, "second", 0, 1, 9, 8, 3, 3));
    String flat = b.node("Flatten", "flat", b.node("GlobalAveragePool", "pool", x));
    String hidden = b.node("MatMul", "hidden", flat, weight(b, "hidden", 1, 7, 9, 7));
    return b.output(b.linear("fc", b.relu("relu2", hidden), 7, 5), -1, 5).build();
  }

  /** Activations on a grid as well; fine enough for a sum in another order to stay on its point. */
  private static Graph activations() {
    GraphBuilder b = new GraphBuilder(52).opset(21);
    String image = b.input("image", -1, 3, 6, 6);
    b.scalar("fine", 0.25);
    b.constant("zero", new Tensor(DataType.INT8, Shape.of(), ByteBuffer.allocate(1)));
    String on = b.node("QuantizeLinear", "q", image, "fine", "zero");
    String off = b.node("DequantizeLinear", "dq", on, "fine", "zero");
    String x = b.relu("relu", b.conv("first", off, 3, 8, 3, 1));
    b.uniform("each", 0.1, 0.2, 8);
    b.constant("zeros", new Tensor(DataType.INT8, Shape.of(8), ByteBuffer.allocate(8)));
    String rough = b.node("QuantizeLinear", "q2", Map.of("axis", integer(1)), x, "each", "zeros");
    String real =
        b.node("DequantizeLinear", "dq2", Map.of("axis", integer(-3)), rough, "each", "zeros");
    String flat = b.node("Flatten", "flat", b.node("GlobalAveragePool", "pool", real));
    return b.output(b.linear("fc", flat, 8, 5), -1, 5).build();
  }

  private static String weight(GraphBuilder b, String name, int axis, int scales, long... dims) {
    Shape shape = Shape.of(dims);
    byte[] bytes = new byte[(int) shape.elements()];
    new Random(name.hashCode()).nextBytes(bytes);
    b.constant(name + ".int8", new Tensor(DataType.INT8, shape, ByteBuffer.wrap(bytes)));
    b.uniform(name + ".scale", 0.001, 0.002, scales);
    b.constant(
        name + ".zero", new Tensor(DataType.INT8, Shape.of(scales), ByteBuffer.allocate(scales)));
    return b.node(
        "DequantizeLinear",
        name + ".weight",
        Map.of("axis", integer(axis)),
        name + ".int8",
        name + ".scale",
        name + ".zero");
  }
}
