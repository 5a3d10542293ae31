package io.rspar.graph.testing;

import static io.rspar.graph.build.GraphBuilder.integer;
import static io.rspar.graph.build.GraphBuilder.ints;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.build.GraphBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Networks as ONNX Runtime's optimiser saves them, with operators of its own. */
final class FusedNetworks {
  private static final int TOKENS = 6;
  private static final int WIDTH = 12;

  private FusedNetworks() {}

  static Map<String, Supplier<Graph>> all() {
    Map<String, Supplier<Graph>> all = new LinkedHashMap<>();
    all.put("fusedEncoder", () -> encoder(true));
    all.put("fusedRmsEncoder", () -> encoder(false));
    all.put("embedNormalization", FusedNetworks::embedNormalization);
    all.put("multiHeadAttention", FusedNetworks::multiHeadAttention);
    all.put("fusedConvolutions", FusedNetworks::convolutions);
    return all;
  }

  /** Attention in one node, a normalised sum that goes on as the stream, GELU with its bias. */
  private static Graph encoder(boolean centred) {
    GraphBuilder b = new GraphBuilder(31);
    String words =
        b.node("Gather", "words", b.weight("words.weight", 7, WIDTH), b.tokens("ids", -1, TOKENS));
    String x = b.node("LayerNormalization", "ln", words, b.weight("ln.w", WIDTH));
    String attention =
        b.node(
            "com.microsoft:Attention",
            "attention",
            Map.of("num_heads", integer(3)),
            x,
            b.weight("qkv.weight", WIDTH, 36),
            b.weight("qkv.bias", 36));
    String projected = Transformers.linear(b, "proj", attention, WIDTH, WIDTH);
    List<String> normed =
        centred
            ? b.nodes(
                "com.microsoft:SkipLayerNormalization",
                "skip",
                Map.of("epsilon", new Attribute.OfFloat(1e-5f)),
                4,
                projected,
                words,
                b.weight("skip.w", WIDTH),
                b.weight("skip.b", WIDTH),
                b.weight("skip.bias", WIDTH))
            : b.nodes(
                "com.microsoft:SkipSimplifiedLayerNormalization",
                "skip",
                Map.of("epsilon", new Attribute.OfFloat(1e-5f)),
                4,
                projected,
                words,
                b.weight("skip.w", WIDTH),
                b.weight("skip.bias", WIDTH));
    b.leaveOut(normed.get(1)).leaveOut(normed.get(2));
    String up = b.node("MatMul", "up", normed.get(0), b.weight("up.weight", WIDTH, 20));
    String active = b.node("com.microsoft:BiasGelu", "gelu", up, b.weight("up.bias", 20));
    Map<String, Attribute> turned =
        Map.of("transB", integer(1), "alpha", new Attribute.OfFloat(0.5f));
    String down =
        b.node("com.microsoft:FusedMatMul", "down", turned, active, b.weight("d.w", WIDTH, 20));
    String sum = b.node("Add", "sum", normed.get(3), b.node("com.microsoft:Gelu", "g", down));
    String pooled =
        b.node("ReduceMean", "pool", Map.of("axes", ints(1), "keepdims", integer(0)), sum);
    return b.output(b.linear("fc", pooled, WIDTH, 5), -1, 5).build();
  }

  /** The first layers of a BERT in one node, and attention to as many tokens as its mask shows. */
  private static Graph embedNormalization() {
    GraphBuilder b = new GraphBuilder(34);
    Map<String, Attribute> int32 = Map.of("to", integer(DataType.INT32.onnxCode()));
    String ids = b.node("Cast", "ids.int", int32, b.tokens("ids", -1, TOKENS));
    List<String> embedded =
        b.nodes(
            "com.microsoft:EmbedLayerNormalization",
            "embed",
            Map.of("epsilon", new Attribute.OfFloat(1e-5f)),
            3,
            ids,
            ids,
            b.weight("words.weight", 7, WIDTH),
            b.weight("positions.weight", 9, WIDTH),
            b.weight("segments.weight", 2, WIDTH),
            b.weight("embed.w", WIDTH),
            b.weight("embed.b", WIDTH),
            ids);
    String attention =
        b.node(
            "com.microsoft:Attention",
            "attention",
            Map.of("num_heads", integer(3)),
            embedded.get(0),
            b.weight("qkv.weight", WIDTH, 36),
            b.weight("qkv.bias", 36),
            embedded.get(1));
    String projected = Transformers.linear(b, "proj", attention, WIDTH, WIDTH);
    String sum = b.node("Add", "sum", projected, embedded.get(2));
    String pooled =
        b.node("ReduceMean", "pool", Map.of("axes", ints(1), "keepdims", integer(0)), sum);
    return b.output(b.linear("fc", pooled, WIDTH, 5), -1, 5).build();
  }

  /** Queries and keys of one size, values of another. */
  private static Graph multiHeadAttention() {
    GraphBuilder b = new GraphBuilder(32);
    String x = b.input("tokens", -1, TOKENS, WIDTH);
    String mixed =
        b.node(
            "com.microsoft:MultiHeadAttention",
            "attention",
            Map.of("num_heads", integer(3)),
            Transformers.linear(b, "q", x, WIDTH, 12),
            Transformers.linear(b, "k", x, WIDTH, 12),
            Transformers.linear(b, "v", x, WIDTH, 6),
            b.weight("bias", 30));
    String pooled =
        b.node("ReduceMean", "pool", Map.of("axes", ints(1), "keepdims", integer(0)), mixed);
    return b.output(b.linear("fc", pooled, 6, 5), -1, 5).build();
  }

  /** A convolution with its activation and shortcut in one node, a matrix product likewise. */
  private static Graph convolutions() {
    GraphBuilder b = new GraphBuilder(33);
    String x = b.block("stem", b.input("image", -1, 3, 6, 6), 3, 8, 3, 1, 1);
    String y =
        b.node(
            "com.microsoft:FusedConv",
            "fused",
            Map.of("activation", new Attribute.OfString("Relu"), "pads", ints(1, 1, 1, 1)),
            x,
            b.weight("fused.weight", 8, 8, 3, 3),
            b.weight("fused.bias", 8),
            x);
    String flat = b.node("Flatten", "flat", b.node("GlobalAveragePool", "gap", y));
    String hidden =
        b.node(
            "com.microsoft:FusedGemm",
            "fc1",
            Map.of("activation", new Attribute.OfString("Relu"), "transB", integer(1)),
            flat,
            b.weight("fc1.weight", 9, 8),
            b.weight("fc1.bias", 9));
    return b.output(b.linear("fc", hidden, 9, 5), -1, 5).build();
  }
}
