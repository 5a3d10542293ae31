package io.rspar.graph.testing;

import static io.rspar.graph.build.GraphBuilder.integer;
import static io.rspar.graph.build.GraphBuilder.ints;

import io.rspar.graph.Attribute;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Small transformers: residual streams, normalisations, and the ways in which heads are written.
 */
final class Transformers {
  private static final int TOKENS = 6;
  private static final int WIDTH = 12;

  private Transformers() {}

  static Map<String, Supplier<Graph>> all() {
    Map<String, Supplier<Graph>> all = new LinkedHashMap<>();
    all.put("transformerFusedNorm", () -> encoder(Norm.FUSED));
    all.put("transformerDecomposedNorm", () -> encoder(Norm.DECOMPOSED));
    all.put("transformerDecomposedRms", () -> encoder(Norm.DECOMPOSED_RMS));
    all.put("transformerSimplifiedNorm", () -> encoder(Norm.SIMPLIFIED));
    all.put("groupedQueries", Transformers::groupedQueries);
    all.put("mergedHeads", Transformers::mergedHeads);
    all.put("singleHead", Transformers::singleHead);
    all.put("einsumAttention", Transformers::einsumAttention);
    return all;
  }

  private enum Norm {
    FUSED,
    DECOMPOSED,
    DECOMPOSED_RMS,
    SIMPLIFIED
  }

  /** Embedding, one block with separate projections for 3 heads of 4, pooled classification. */
  private static Graph encoder(Norm norm) {
    GraphBuilder b = new GraphBuilder(21);
    String stream = embedding(b);
    String x = norm(b, norm, "norm1", stream);
    String q = heads(b, "q", linear(b, "q", x, WIDTH, WIDTH), 3, 4);
    String k = heads(b, "k", linear(b, "k", x, WIDTH, WIDTH), 3, 4);
    String v = heads(b, "v", linear(b, "v", x, WIDTH, WIDTH), 3, 4);
    stream = b.node("Add", "stream1", stream, linear(b, "proj", attend(b, q, k, v), WIDTH, WIDTH));
    String wide = linear(b, "up", norm(b, norm, "norm2", stream), WIDTH, 20);
    String narrow = linear(b, "down", gelu(b, wide), 20, WIDTH);
    return classify(b, norm(b, norm, "norm3", b.node("Add", "stream2", stream, narrow)));
  }

  /** Four query heads share two heads of keys and values, repeated by Expand. */
  private static Graph groupedQueries() {
    GraphBuilder b = new GraphBuilder(22);
    String stream = embedding(b);
    String x = norm(b, Norm.DECOMPOSED_RMS, "norm", stream);
    String q = heads(b, "q", linear(b, "q", x, WIDTH, 16), 4, 4);
    String k = repeat(b, "k", heads(b, "k", linear(b, "k", x, WIDTH, 8), 2, 4));
    String v = repeat(b, "v", heads(b, "v", linear(b, "v", x, WIDTH, 8), 2, 4));
    String mixed = linear(b, "proj", attend(b, q, k, v), 16, WIDTH);
    return classify(b, b.node("Add", "stream1", stream, mixed));
  }

  /**
   * Heads merged with an open batch, as {@code torch.nn.MultiheadAttention} is exported: tokens
   * first, three dimensions for the batched products, and a flat product at the end.
   */
  private static Graph mergedHeads() {
    GraphBuilder b = new GraphBuilder(29);
    String x = b.node("Transpose", "turned", Map.of("perm", ints(1, 0, 2)), embedding(b));
    String shape = b.node("Shape", "shape", x);
    String batch = b.node("Gather", "batch", shape, b.longs("batch.axis", 1));
    String rows = b.node("Mul", "rows", batch, b.longs("rows.heads", 3));
    String qkv = linear(b, "qkv", x, WIDTH, 3 * WIDTH);
    String[] part = new String[3];
    for (int i = 0; i < 3; i++) {
      String name = List.of("q", "k", "v").get(i);
      String slice =
          b.node(
              "Slice",
              name,
              qkv,
              b.longs(name + ".from", (long) i * WIDTH),
              b.longs(name + ".to", (long) (i + 1) * WIDTH),
              b.longs(name + ".axis", 2));
      String tokens = b.node("Gather", name + ".tokens", shape, b.longs(name + ".tokens.axis", 0));
      Map<String, Attribute> front = Map.of("axis", integer(0));
      String target =
          b.node("Concat", name + ".target", front, tokens, rows, b.longs(name + ".size", 4));
      part[i] =
          b.node(
              "Transpose",
              name + ".heads",
              Map.of("perm", i == 1 ? ints(1, 2, 0) : ints(1, 0, 2)),
              b.node("Reshape", name + ".split", slice, target));
    }
    String scores = b.node("MatMul", "scores", part[0], part[1]);
    String weights = b.node("Softmax", "softmax", Map.of("axis", integer(-1)), scores);
    String mixed = b.node("MatMul", "mixed", weights, part[2]);
    String back = b.node("Transpose", "back", Map.of("perm", ints(1, 0, 2)), mixed);
    String flat = b.node("Reshape", "flat", back, b.longs("flat.shape", -1, WIDTH));
    String projected = b.linear("proj", flat, WIDTH, WIDTH);
    String again = b.node("Reshape", "again", projected, shape);
    String sum = b.node("Add", "stream", x, again);
    return classify(b, b.node("Transpose", "last", Map.of("perm", ints(1, 0, 2)), sum));
  }

  private static String repeat(GraphBuilder b, String name, String x) {
    String each = b.node("Unsqueeze", name + ".each", x, b.longs(name + ".axis", 2));
    String twice =
        b.node("Expand", name + ".twice", each, b.longs(name + ".shape", 1, 2, 2, TOKENS, 4));
    return b.node("Reshape", name + ".repeat", twice, b.longs(name + ".all", 0, 4, TOKENS, 4));
  }

  /** Queries and keys of one head: their product sums over channels that no weight reads. */
  private static Graph singleHead() {
    GraphBuilder b = new GraphBuilder(23);
    String x = b.input("tokens", -1, TOKENS, WIDTH);
    String q = linear(b, "q", x, WIDTH, 10);
    String k = linear(b, "k", x, WIDTH, 10);
    String v = linear(b, "v", x, WIDTH, 9);
    String keys = b.node("Transpose", "keys", Map.of("perm", ints(0, 2, 1)), k);
    String weights =
        b.node("Softmax", "softmax", Map.of("axis", integer(-1)), b.node("MatMul", "qk", q, keys));
    return classify(b, linear(b, "proj", b.node("MatMul", "mix", weights, v), 9, WIDTH));
  }

  /** Attention in Einstein notation, heads as an axis of the weights. */
  private static Graph einsumAttention() {
    GraphBuilder b = new GraphBuilder(28);
    String stream = embedding(b);
    String q = einsum(b, "q", "bnd,dhe->bhne", stream, b.weight("q.weight", WIDTH, 3, 4));
    String k = einsum(b, "k", "bnd,dhe->bhne", stream, b.weight("k.weight", WIDTH, 3, 4));
    String v = einsum(b, "v", "...nd,dhe->...hne", stream, b.weight("v.weight", WIDTH, 3, 5));
    String scores = einsum(b, "scores", "bhie,bhje->bhij", q, k);
    String weights = b.node("Softmax", "softmax", Map.of("axis", integer(-1)), scores);
    String mixed = einsum(b, "mixed", "bhij,bhje->bihe", weights, v);
    String out = einsum(b, "proj", "bihe,hed->bid", mixed, b.weight("proj.weight", 3, 5, WIDTH));
    return classify(b, b.node("Add", "stream1", stream, out));
  }

  private static String einsum(GraphBuilder b, String name, String equation, String... in) {
    return b.node("Einsum", name, Map.of("equation", new Attribute.OfString(equation)), in);
  }

  /** Words and positions. */
  private static String embedding(GraphBuilder b) {
    String words =
        b.node("Gather", "words", b.weight("words.weight", 7, WIDTH), b.tokens("ids", -1, TOKENS));
    return b.node("Add", "embedding", words, b.weight("positions", 1, TOKENS, WIDTH));
  }

  static String linear(GraphBuilder b, String name, String x, int in, int out) {
    String product = b.node("MatMul", name, x, b.weight(name + ".weight", in, out));
    return b.node("Add", name + ".add", product, b.weight(name + ".bias", out));
  }

  private static String heads(GraphBuilder b, String name, String x, int heads, int size) {
    String split =
        b.node("Reshape", name + ".heads", x, b.longs(name + ".split", 0, TOKENS, heads, size));
    return b.node("Transpose", name + ".by.head", Map.of("perm", ints(0, 2, 1, 3)), split);
  }

  private static String attend(GraphBuilder b, String q, String k, String v) {
    String keys = b.node("Transpose", "keys", Map.of("perm", ints(0, 1, 3, 2)), k);
    String scores = b.node("MatMul", "scores", q, keys);
    String scaled =
        b.node("Div", "scaled", scores, b.constant("root", Tensor.ofFloats(Shape.of(), 2)));
    String weights = b.node("Softmax", "softmax", Map.of("axis", integer(-1)), scaled);
    String mixed = b.node("MatMul", "mixed", weights, v);
    String back = b.node("Transpose", "back", Map.of("perm", ints(0, 2, 1, 3)), mixed);
    return b.node("Reshape", "joined", back, b.longs("joined.shape", 0, TOKENS, -1));
  }

  private static String norm(GraphBuilder b, Norm norm, String name, String x) {
    String scale = b.weight(name + ".weight", WIDTH);
    switch (norm) {
      case FUSED:
        return b.node(
            "LayerNormalization",
            name,
            Map.of("epsilon", new Attribute.OfFloat(1e-4f)),
            x,
            scale,
            b.weight(name + ".bias", WIDTH));
      case SIMPLIFIED:
        return b.node("SimplifiedLayerNormalization", name, x, scale);
      default:
        boolean centred = norm == Norm.DECOMPOSED;
        String shifted = centred ? b.node("Sub", name + ".sub", x, mean(b, name + ".mean", x)) : x;
        String square = b.node("Pow", name + ".pow", shifted, scalar(b, name + ".two", 2));
        String variance = mean(b, name + ".var", square);
        String eps = b.node("Add", name + ".eps", variance, scalar(b, name + ".e", 1e-5f));
        String unit = b.node("Div", name + ".div", shifted, b.node("Sqrt", name + ".sqrt", eps));
        String scaled = b.node("Mul", name + ".mul", unit, scale);
        return centred
            ? b.node("Add", name + ".add", scaled, b.weight(name + ".bias", WIDTH))
            : scaled;
    }
  }

  private static String mean(GraphBuilder b, String name, String x) {
    return b.node("ReduceMean", name, Map.of("axes", ints(-1)), x);
  }

  private static String scalar(GraphBuilder b, String name, float value) {
    return b.constant(name, Tensor.ofFloats(Shape.of(), value));
  }

  /** GELU in its decomposed form. */
  private static String gelu(GraphBuilder b, String x) {
    String scaled = b.node("Div", "gelu.div", x, scalar(b, "gelu.root", 1.4142135f));
    String erf = b.node("Erf", "gelu.erf", scaled);
    String one = b.node("Add", "gelu.add", erf, scalar(b, "gelu.one", 1));
    String product = b.node("Mul", "gelu.mul", x, one);
    return b.node("Mul", "gelu.half", product, scalar(b, "gelu.0.5", 0.5f));
  }

  private static Graph classify(GraphBuilder b, String stream) {
    String first =
        b.node(
            "Gather",
            "first",
            Map.of("axis", integer(1)),
            stream,
            b.constant("first.index", Tensor.ofLongs(Shape.of(), 0)));
    return b.output(b.linear("fc", first, WIDTH, 5), -1, 5).build();
  }
}
