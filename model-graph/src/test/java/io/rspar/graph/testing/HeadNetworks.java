package io.rspar.graph.testing;

import static io.rspar.graph.build.GraphBuilder.integer;
import static io.rspar.graph.build.GraphBuilder.ints;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Attention as an operator of its own: ONNX's since version 23, ONNX Runtime's for caches. */
final class HeadNetworks {
  private static final int TOKENS = 6;
  private static final int WIDTH = 12;
  private static final int SIZE = 4;

  private HeadNetworks() {}

  static Map<String, Supplier<Graph>> all() {
    Map<String, Supplier<Graph>> all = new LinkedHashMap<>();
    all.put("attentionSideBySide", HeadNetworks::attentionSideBySide);
    all.put("attentionByHead", HeadNetworks::attentionByHead);
    all.put("attentionOneKey", HeadNetworks::attentionOneKey);
    all.put("groupQuery", () -> groupQuery(false, false));
    all.put("groupQueryPacked", () -> groupQuery(true, false));
    all.put("groupQueryCached", () -> groupQuery(false, true));
    return all;
  }

  /** Four heads of queries on two of keys and values, side by side, with a mask for each head. */
  private static Graph attentionSideBySide() {
    GraphBuilder b = new GraphBuilder(41).opset(23);
    String x = embedding(b, 2);
    String q = Transformers.linear(b, "q", x, WIDTH, 4 * SIZE);
    String k = Transformers.linear(b, "k", x, WIDTH, 2 * SIZE);
    String v = Transformers.linear(b, "v", x, WIDTH, 2 * SIZE);
    Map<String, Attribute> rotated = Map.of("num_heads", integer(4));
    Map<String, Attribute> heads = Map.of("q_num_heads", integer(4), "kv_num_heads", integer(2));
    String turned = rotary(b, "turn.q", rotated, q);
    String keys = rotary(b, "turn.k", Map.of("num_heads", integer(2)), k);
    String mask = b.gaussian("mask", 1, 4, TOKENS, TOKENS);
    String mixed = b.node("Attention", "attention", heads, turned, keys, v, mask);
    return classify(b, 2, x, Transformers.linear(b, "proj", mixed, 4 * SIZE, WIDTH));
  }

  /** Heads as an axis of their own, causal, with a scale. */
  private static Graph attentionByHead() {
    GraphBuilder b = new GraphBuilder(42).opset(23);
    String x = embedding(b, 2);
    String[] part = new String[3];
    for (int i = 0; i < 3; i++) {
      String name = List.of("q", "k", "v").get(i);
      String y = Transformers.linear(b, name, x, WIDTH, 3 * SIZE);
      String split =
          b.node("Reshape", name + ".split", y, b.longs(name + ".shape", 0, TOKENS, 3, SIZE));
      part[i] = b.node("Transpose", name + ".heads", Map.of("perm", ints(0, 2, 1, 3)), split);
    }
    String turned = rotary(b, "turn", Map.of("interleaved", integer(1)), part[0]);
    String mixed =
        b.node(
            "Attention",
            "attention",
            Map.of("is_causal", integer(1), "scale", new Attribute.OfFloat(0.3f)),
            turned,
            part[1],
            part[2]);
    String back = b.node("Transpose", "back", Map.of("perm", ints(0, 2, 1, 3)), mixed);
    String joined = b.node("Reshape", "joined", back, b.longs("joined.shape", 0, TOKENS, -1));
    return classify(b, 2, x, Transformers.linear(b, "proj", joined, 3 * SIZE, WIDTH));
  }

  /** One head of keys and values for all queries (Shazeer, Fast Transformer Decoding, 2019). */
  private static Graph attentionOneKey() {
    GraphBuilder b = new GraphBuilder(43).opset(23);
    String x = embedding(b, 2);
    String mixed =
        b.node(
            "Attention",
            "attention",
            Map.of("q_num_heads", integer(3), "kv_num_heads", integer(1)),
            Transformers.linear(b, "q", x, WIDTH, 3 * SIZE),
            Transformers.linear(b, "k", x, WIDTH, SIZE),
            Transformers.linear(b, "v", x, WIDTH, SIZE));
    return classify(b, 2, x, Transformers.linear(b, "proj", mixed, 3 * SIZE, WIDTH));
  }

  private static String rotary(
      GraphBuilder b, String name, Map<String, Attribute> attributes, String x) {
    String cosines = b.uniform(name + ".cos", -1, 1, 2, TOKENS, SIZE / 2);
    String sines = b.uniform(name + ".sin", -1, 1, 2, TOKENS, SIZE / 2);
    return b.node("RotaryEmbedding", name, attributes, x, cosines, sines);
  }

  /** As language models are exported for ONNX Runtime: the cache goes in and out of the model. */
  private static Graph groupQuery(boolean packed, boolean cached) {
    GraphBuilder b = new GraphBuilder(44);
    // With a cache, ONNX Runtime wants one example, or one token.
    int batch = cached ? 1 : 2;
    String x = embedding(b, batch);
    String q = Transformers.linear(b, "q", x, WIDTH, packed ? 8 * 16 : 4 * 16);
    String k = packed ? "" : Transformers.linear(b, "k", x, WIDTH, 2 * 16);
    String v = packed ? "" : Transformers.linear(b, "v", x, WIDTH, 2 * 16);
    int past = cached ? 3 : 0;
    List<String> out =
        b.nodes(
            "com.microsoft:GroupQueryAttention",
            "gqa",
            Map.of("num_heads", integer(4), "kv_num_heads", integer(2), "do_rotary", integer(1)),
            3,
            q,
            k,
            v,
            cached ? b.input("past.k", batch, 2, past, 16) : "",
            cached ? b.input("past.v", batch, 2, past, 16) : "",
            int32(b, "lengths", Shape.of(batch), past + TOKENS - 1),
            int32(b, "total", Shape.of(), past + TOKENS),
            b.uniform("cos", -1, 1, 12, 8),
            b.uniform("sin", -1, 1, 12, 8));
    if (cached) {
      b.output(out.get(1), batch, 2, past + TOKENS, 16)
          .output(out.get(2), batch, 2, past + TOKENS, 16);
    }
    return classify(b, batch, x, Transformers.linear(b, "proj", out.get(0), 4 * 16, WIDTH));
  }

  private static String int32(GraphBuilder b, String name, Shape shape, int value) {
    ByteBuffer bytes =
        ByteBuffer.allocate(4 * (int) shape.elements()).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      bytes.putInt(value);
    }
    return b.constant(name, new Tensor(DataType.INT32, shape, bytes.flip()));
  }

  private static String embedding(GraphBuilder b, int batch) {
    return b.node(
        "Gather", "words", b.weight("words.weight", 7, WIDTH), b.tokens("ids", batch, TOKENS));
  }

  private static Graph classify(GraphBuilder b, int batch, String stream, String update) {
    String sum = b.node("Add", "stream", stream, update);
    return b.output(Transformers.linear(b, "fc", sum, WIDTH, 5), batch, TOKENS, 5).build();
  }
}
