package io.rspar.benchmarks.networks;

import static io.rspar.graph.build.GraphBuilder.integer;

import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * BERT (Devlin et al., NAACL 2019) with random weights: separate q/k/v, an additive mask, open
 * batch and length. Inputs are input_ids, attention_mask and token_type_ids, N×T of int64.
 *
 * @param layers number of encoder layers
 * @param width hidden units
 * @param heads attention heads
 * @param feedForward units of the feed-forward layer
 * @param vocabulary number of words
 * @param positions longest sequence
 */
public record Bert(
    int layers, int width, int heads, int feedForward, int vocabulary, int positions) {
  /** BERT-base, uncased. */
  static final Bert BASE = new Bert(12, 768, 12, 3072, 30522, 512);

  /**
   * The encoder with its pooler; outputs are the tokens, N×T×width, and the pooled first token.
   *
   * @param fused whether layer normalisation is one operator, as from opset 17 on
   */
  Graph build(long seed, boolean fused) {
    Layers l = new Layers(seed);
    String x = encode(l, fused);
    l.builder().output(x, DataType.FLOAT);
    l.builder().output(pooled(l, x), DataType.FLOAT);
    return l.builder().build("bert");
  }

  /** A classifier of whole sequences; its output are logits, N×classes. */
  public Graph classifier(long seed, int classes) {
    Layers l = new Layers(seed);
    String x = pooled(l, encode(l, true));
    l.output(l.builder().linear("classifier", x, width, classes), classes);
    return l.builder().build("bert_classifier");
  }

  private String encode(Layers l, boolean fused) {
    GraphBuilder b = l.builder();
    String ids = b.input("input_ids", DataType.INT64, "batch", "tokens");
    String mask = b.input("attention_mask", DataType.INT64, "batch", "tokens");
    String types = b.input("token_type_ids", DataType.INT64, "batch", "tokens");
    String bias = maskBias(b, mask);
    String x = norm(l, "embeddings.ln", embedded(b, ids, types), fused);
    for (int layer = 0; layer < layers; layer++) {
      String name = "layer" + layer;
      String mixed =
          l.attention(
              name + ".attention",
              projected(l, name + ".q", name + ".query", x),
              projected(l, name + ".k", name + ".key", x),
              projected(l, name + ".v", name + ".value", x),
              width / heads,
              bias);
      String y = l.linear(name + ".out", l.merged(name, mixed, width), width, width, true);
      x = norm(l, name + ".ln1", b.node("Add", name + ".add1", y, x), fused);
      y = l.gelu(name + ".gelu", l.linear(name + ".fc1", x, width, feedForward, true));
      y = l.linear(name + ".fc2", y, feedForward, width, true);
      x = norm(l, name + ".ln2", b.node("Add", name + ".add2", y, x), fused);
    }
    return x;
  }

  private String projected(Layers l, String heads, String linear, String x) {
    return l.heads(heads, l.linear(linear, x, width, width, true), this.heads, width / this.heads);
  }

  private static String maskBias(GraphBuilder b, String mask) {
    String bias = b.node("Unsqueeze", "mask.axes", mask, b.longs("mask.at", 1, 2));
    bias = b.node("Cast", "mask.float", Map.of("to", integer(DataType.FLOAT.onnxCode())), bias);
    bias = b.node("Sub", "mask.inverse", b.scalar("mask.one", 1), bias);
    return b.node("Mul", "mask.bias", bias, b.scalar("mask.low", -1e4));
  }

  private String embedded(GraphBuilder b, String ids, String types) {
    String words = b.node("Gather", "words", b.weight("words.weight", vocabulary, width), ids);
    String segments = b.node("Gather", "segments", b.weight("segments.weight", 2, width), types);
    String length =
        b.node(
            "Slice",
            "length",
            b.node("Shape", "extents", ids),
            b.longs("one", 1),
            b.longs("two", 2));
    String places =
        b.node(
            "Slice",
            "places",
            b.longs("all", LongStream.range(0, positions).toArray()),
            b.longs("zero", 0),
            length);
    String table = b.weight("positions.weight", positions, width);
    return b.node(
        "Add",
        "embedded",
        b.node("Add", "typed", words, segments),
        b.node("Gather", "positions", table, places));
  }

  private String pooled(Layers l, String x) {
    GraphBuilder b = l.builder();
    String first = b.constant("first", Tensor.ofLongs(Shape.of(), 0));
    String cls = b.node("Gather", "cls", Map.of("axis", integer(1)), x, first);
    return b.node("Tanh", "pooled", b.linear("pooler", cls, width, width));
  }

  private String norm(Layers l, String name, String x, boolean fused) {
    return fused ? l.layerNorm(name, x, width) : l.decomposedLayerNorm(name, x, width);
  }
}
