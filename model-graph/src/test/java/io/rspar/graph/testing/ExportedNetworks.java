package io.rspar.graph.testing;

import static io.rspar.graph.build.GraphBuilder.integer;
import static io.rspar.graph.build.GraphBuilder.ints;

import io.rspar.graph.Attribute;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Shape arithmetic, in the very nodes that PyTorch's exporter writes. */
final class ExportedNetworks {
  private static final int TOKENS = 6;
  private static final int WIDTH = 12;
  private static final Map<String, Attribute> FRONT = Map.of("axis", integer(0));

  private ExportedNetworks() {}

  static Map<String, Supplier<Graph>> all() {
    Map<String, Supplier<Graph>> all = new LinkedHashMap<>();
    all.put("expandedHeads", ExportedNetworks::expandedHeads);
    all.put("slicedWeights", ExportedNetworks::slicedWeights);
    all.put("foldedPatches", ExportedNetworks::foldedPatches);
    all.put("leftInTraining", ExportedNetworks::leftInTraining);
    return all;
  }

  /**
   * {@code k[:, :, None].expand(b, kv, n, t, d).reshape(b, kv * n, t, d)}: the target of the
   * expansion goes through a comparison that looks for −1.
   */
  private static Graph expandedHeads() {
    GraphBuilder b = new GraphBuilder(61);
    String x = embedding(b);
    String q = heads(b, "q", x, 4);
    String k = repeated(b, "k", heads(b, "k", x, 2));
    String v = repeated(b, "v", heads(b, "v", x, 2));
    String keys = b.node("Transpose", "keys", Map.of("perm", ints(0, 1, 3, 2)), k);
    String scores = b.node("MatMul", "scores", q, keys);
    String weights = b.node("Softmax", "softmax", Map.of("axis", integer(-1)), scores);
    String mixed = b.node("MatMul", "mixed", weights, v);
    String back = b.node("Transpose", "back", Map.of("perm", ints(0, 2, 1, 3)), mixed);
    String joined = b.node("Reshape", "joined", back, b.longs("joined.shape", 0, TOKENS, -1));
    return tagged(b, b.node("Add", "sum", x, Transformers.linear(b, "proj", joined, 16, WIDTH)));
  }

  private static String heads(GraphBuilder b, String name, String x, int heads) {
    String y = Transformers.linear(b, name, x, WIDTH, heads * 4);
    String split =
        b.node("Reshape", name + ".split", y, b.longs(name + ".shape", 0, TOKENS, heads, 4));
    return b.node("Transpose", name + ".heads", Map.of("perm", ints(0, 2, 1, 3)), split);
  }

  private static String repeated(GraphBuilder b, String name, String x) {
    String shape = b.node("Shape", name + ".extents", x);
    String[] extent = new String[4];
    for (int axis = 0; axis < 4; axis++) {
      String index = b.longs(name + ".axis" + axis, axis);
      extent[axis] = b.node("Gather", name + ".extent" + axis, shape, index);
    }
    String two = b.longs(name + ".two", 2);
    String wanted =
        b.node("Concat", name + ".to", FRONT, extent[0], extent[1], two, extent[2], extent[3]);
    String ones = b.node("ConstantOfShape", name + ".ones", one(), b.longs(name + ".rank", 5));
    String minus = b.node("Mul", name + ".minus", ones, b.longs(name + ".minus.one", -1));
    String free = b.node("Equal", name + ".free", wanted, minus);
    String target = b.node("Where", name + ".target", free, ones, wanted);
    String each = b.node("Unsqueeze", name + ".each", x, b.longs(name + ".new", 2));
    String all = b.node("Mul", name + ".all", extent[1], two);
    String merged = b.node("Concat", name + ".merged", FRONT, extent[0], all, extent[2], extent[3]);
    return b.node("Reshape", name + ".rep", b.node("Expand", name + ".many", each, target), merged);
  }

  private static Map<String, Attribute> one() {
    return Map.of("value", new Attribute.OfTensor(Tensor.ofLongs(Shape.of(1), 1)));
  }

  /** One weight and bias for keys and values, sliced at bounds computed from the width. */
  private static Graph slicedWeights() {
    GraphBuilder b = new GraphBuilder(62);
    String x = embedding(b);
    String width = b.node("Gather", "width", b.node("Shape", "shape", x), b.longs("last", 2));
    String twice = b.node("Mul", "twice", width, b.longs("two", 2));
    String bias = b.weight("bias", 2 * WIDTH);
    b.weight("both", 2 * WIDTH, WIDTH);
    String zero = b.longs("zero", 0);
    String first = b.node("Slice", "bias.k", bias, zero, width, zero);
    String second = b.node("Slice", "bias.v", bias, width, twice, zero);
    String k = b.node("Add", "k", half(b, "k", x, 0), first);
    String v = b.node("Add", "v", half(b, "v", x, WIDTH), second);
    String gated = b.node("Mul", "gated", b.node("Sigmoid", "gate", k), v);
    return tagged(b, b.node("Add", "sum", x, Transformers.linear(b, "proj", gated, WIDTH, WIDTH)));
  }

  private static String half(GraphBuilder b, String name, String x, long from) {
    String rows =
        b.node(
            "Slice",
            name + ".rows",
            "both",
            b.longs(name + ".from", from),
            b.longs(name + ".to", from + WIDTH),
            b.longs(name + ".axis", 0));
    String turned = b.node("Transpose", name + ".t", Map.of("perm", ints(1, 0)), rows);
    return b.node("MatMul", name + ".matmul", x, turned);
  }

  /** Pixels of 2 × 2 patches as sequences and back (Mehta and Rastegari, MobileViT, ICLR 2022). */
  private static Graph foldedPatches() {
    GraphBuilder b = new GraphBuilder(63);
    String x = b.conv("in", b.input("image", 2, 3, 8, 8), 3, 10, 1, 1);
    String rows = b.node("Reshape", "rows", x, b.longs("rows.to", 2 * 10 * 4, 2, 4, 2));
    String turned = b.node("Transpose", "turned", Map.of("perm", ints(0, 2, 1, 3)), rows);
    String patches = b.node("Reshape", "patches", turned, b.longs("patches.to", 2, 10, 16, 4));
    String pixels = b.node("Transpose", "pixels", Map.of("perm", ints(0, 3, 2, 1)), patches);
    String sequence = b.node("Reshape", "sequence", pixels, b.longs("sequence.to", 8, 16, 10));
    String hidden = b.relu("relu", Transformers.linear(b, "up", sequence, 10, 14));
    String mixed = b.node("Add", "add", sequence, Transformers.linear(b, "down", hidden, 14, 10));
    String apart = b.node("Reshape", "apart", mixed, b.longs("apart.to", 2, 4, 16, 10));
    String channels = b.node("Transpose", "channels", Map.of("perm", ints(0, 3, 2, 1)), apart);
    String fold = b.node("Reshape", "fold", channels, b.longs("fold.to", 80, 4, 2, 2));
    String again = b.node("Transpose", "again", Map.of("perm", ints(0, 2, 1, 3)), fold);
    String image = b.node("Reshape", "image.again", again, b.longs("image.to", 2, 10, 8, 8));
    return b.output(b.conv("out", image, 10, 3, 1, 1), 2, 3, 8, 8).build();
  }

  /** Exported in training mode: statistics of the batch, and dropouts that are still there. */
  private static Graph leftInTraining() {
    GraphBuilder b = new GraphBuilder(64);
    String x = trained(b, "first", b.input("image", -1, 3, 6, 6), 3, 8);
    String dropped = b.node("Dropout", "dropout", x, b.scalar("ratio", 0.3));
    String flat =
        b.node("Flatten", "flat", b.node("GlobalAveragePool", "gap", trained(b, "second", dropped, 8, 9)));
    return b.output(b.linear("fc", flat, 9, 5), -1, 5).build();
  }

  private static String trained(GraphBuilder b, String name, String x, int in, int out) {
    b.weight(name + ".scale", out);
    b.weight(name + ".shift", out);
    b.weight(name + ".mean", out);
    b.uniform(name + ".var", 0.5, 1.5, out);
    String normed =
        b.node(
            "BatchNormalization",
            name + ".bn",
            Map.of("training_mode", integer(1)),
            b.conv(name, x, in, out, 3, 1),
            name + ".scale",
            name + ".shift",
            name + ".mean",
            name + ".var");
    return b.relu(name + ".relu", normed);
  }

  private static String embedding(GraphBuilder b) {
    return b.node("Gather", "words", b.weight("words.weight", 7, WIDTH), b.tokens("ids", -1, 6));
  }

  private static Graph tagged(GraphBuilder b, String x) {
    return b.output(Transformers.linear(b, "fc", x, WIDTH, 5), -1, TOKENS, 5).build();
  }
}
