package io.rspar.benchmarks.networks;

import static io.rspar.graph.build.GraphBuilder.integer;
import static io.rspar.graph.build.GraphBuilder.ints;

import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import java.util.List;
import java.util.Map;

/** Encoders and decoders of attention. */
final class Transformers {
  private Transformers() {}

  /** ViT-B/16 (Dosovitskiy et al., ICLR 2021): fused q/k/v, fused layer normalisation. */
  static Graph vitB16(long seed) {
    int width = 768;
    Layers l = new Layers(seed);
    GraphBuilder b = l.builder();
    String patches = l.conv("patches", l.image(3, 224), width, 16, 16, 0, 1, true).value();
    String x = l.transpose("tokens", l.reshape("flat", patches, 0, width, 196), 0, 2, 1);
    String batch =
        b.node(
            "Slice", "batch", b.node("Shape", "extents", x), b.longs("from", 0), b.longs("to", 1));
    String target =
        b.node("Concat", "target", Map.of("axis", integer(0)), batch, b.longs("one", 1, width));
    String token = b.node("Expand", "class", b.weight("class.token", 1, 1, width), target);
    x = b.node("Concat", "withClass", Map.of("axis", integer(1)), token, x);
    x = b.node("Add", "positions", x, b.gaussian("positions.weight", 0.02, 1, 197, width));
    for (int layer = 0; layer < 12; layer++) {
      String name = "layer" + layer;
      String y = l.layerNorm(name + ".ln1", x, width);
      String qkv = l.linear(name + ".qkv", y, width, 3 * width, true);
      List<String> parts =
          b.nodes(
              "Split",
              name + ".split",
              Map.of("axis", integer(2)),
              3,
              qkv,
              b.longs(name + ".sizes", width, width, width));
      String mixed =
          l.attention(
              name + ".attention",
              l.heads(name + ".q", parts.get(0), 12, 64),
              l.heads(name + ".k", parts.get(1), 12, 64),
              l.heads(name + ".v", parts.get(2), 12, 64),
              64,
              "");
      y = l.linear(name + ".out", l.merged(name, mixed, width), width, width, true);
      x = b.node("Add", name + ".add1", x, y);
      y = l.linear(name + ".fc1", l.layerNorm(name + ".ln2", x, width), width, 3072, true);
      y = l.linear(name + ".fc2", l.gelu(name + ".gelu", y), 3072, width, true);
      x = b.node("Add", name + ".add2", x, y);
    }
    String first = b.constant("first", Tensor.ofLongs(Shape.of(), 0));
    x = b.node("Gather", "cls", Map.of("axis", integer(1)), l.layerNorm("ln", x, width), first);
    l.output(b.linear("head", x, width, 1000), 1000);
    return b.build("vit_b_16");
  }

  /**
   * SmolLM-135M (Ben Allal et al., 2024), a decoder of the Llama family (Touvron et al., 2023):
   * root mean square normalisation, rotary positions, 9 query heads that share 3 key and value
   * heads, a gated feed-forward layer, the embedding table as output layer.
   */
  static Graph smolLm135M(long seed) {
    int width = 576;
    int size = 64;
    int vocabulary = 49152;
    Layers l = new Layers(seed);
    GraphBuilder b = l.builder();
    String ids = b.input("input_ids", DataType.INT64, "batch", "tokens");
    String table = b.gaussian("embed.weight", 0.05, vocabulary, width);
    String x = b.node("Gather", "embed", table, ids);
    Decoder decoder = Decoder.of(l, ids, size);
    for (int layer = 0; layer < 30; layer++) {
      String name = "layer" + layer;
      String y = l.rmsNorm(name + ".norm1", x, width);
      String q = l.heads(name + ".q", l.linear(name + ".q_proj", y, width, width, false), 9, size);
      String k = l.heads(name + ".k", l.linear(name + ".k_proj", y, width, 192, false), 3, size);
      String v = l.heads(name + ".v", l.linear(name + ".v_proj", y, width, 192, false), 3, size);
      String mixed =
          l.attention(
              name + ".attention",
              decoder.rotated(name + ".q", q),
              decoder.shared(name + ".k", decoder.rotated(name + ".k", k), 3, 3),
              decoder.shared(name + ".v", v, 3, 3),
              size,
              decoder.mask());
      y = l.linear(name + ".o_proj", l.merged(name, mixed, width), width, width, false);
      x = b.node("Add", name + ".add1", x, y);
      y = l.rmsNorm(name + ".norm2", x, width);
      String gate = l.linear(name + ".gate_proj", y, width, 1536, false);
      gate = l.activate(name, gate, Layers.Activation.SILU);
      String up = l.linear(name + ".up_proj", y, width, 1536, false);
      y = b.node("Mul", name + ".gated", gate, up);
      x = b.node("Add", name + ".add2", x, l.linear(name + ".down_proj", y, 1536, width, false));
    }
    String out = b.node("Transpose", "lm_head.t", Map.of("perm", ints(1, 0)), table);
    b.output(b.node("MatMul", "lm_head", l.rmsNorm("norm", x, width), out), DataType.FLOAT);
    return b.build("smollm_135m");
  }

  /**
   * What all layers of a decoder share.
   *
   * @param mask T×T, very negative where a token would see a later one
   * @param cos T×size
   * @param sin T×size
   */
  private record Decoder(Layers layers, String mask, String cos, String sin, int size) {
    private static final double ROTARY_BASE = 10_000;

    static Decoder of(Layers l, String ids, int size) {
      GraphBuilder b = l.builder();
      String extents = b.node("Shape", "extents", ids);
      String length = b.node("Gather", "length", extents, number(b, "one", 1));
      String places = b.node("Range", "places", number(b, "zero", 0), length, number(b, "step", 1));
      String floats = asFloat(b, "places.float", places);
      String column = b.node("Unsqueeze", "column", floats, b.longs("column.axis", 1));
      String row = b.node("Unsqueeze", "row", floats, b.longs("row.axis", 0));
      String later = b.node("Greater", "later", row, column);
      String mask =
          b.node(
              "Where", "causal", later, b.scalar("causal.low", -1e4), b.scalar("causal.zero", 0));

      String pairs =
          b.node(
              "Range",
              "pairs",
              number(b, "pairs.from", 0),
              number(b, "pairs.to", size / 2),
              number(b, "pairs.step", 1));
      String exponents =
          b.node(
              "Mul",
              "exponents",
              asFloat(b, "pairs.float", pairs),
              b.scalar("rate", -2 * Math.log(ROTARY_BASE) / size));
      String frequencies =
          b.node(
              "Unsqueeze", "frequencies", b.node("Exp", "exp", exponents), b.longs("freq.axis", 0));
      String angles = b.node("Mul", "angles", column, frequencies);
      String both = b.node("Concat", "both", Map.of("axis", integer(-1)), angles, angles);
      return new Decoder(l, mask, b.node("Cos", "cos", both), b.node("Sin", "sin", both), size);
    }

    private static String number(GraphBuilder b, String name, long value) {
      return b.constant(name, Tensor.ofLongs(Shape.of(), value));
    }

    private static String asFloat(GraphBuilder b, String name, String x) {
      return b.node("Cast", name, Map.of("to", integer(DataType.FLOAT.onnxCode())), x);
    }

    /** Rotary positions (Su et al., 2021): N×heads×T×size. */
    String rotated(String name, String x) {
      GraphBuilder b = layers.builder();
      String head = slice(name + ".head", x, 0, size / 2);
      String tail = slice(name + ".tail", x, size / 2, size);
      String turned =
          b.node(
              "Concat",
              name + ".turned",
              Map.of("axis", integer(-1)),
              b.node("Neg", name + ".neg", tail),
              head);
      return b.node(
          "Add",
          name + ".rotated",
          b.node("Mul", name + ".cos", x, cos),
          b.node("Mul", name + ".sin", turned, sin));
    }

    private String slice(String name, String x, long from, long to) {
      GraphBuilder b = layers.builder();
      return b.node(
          "Slice",
          name,
          x,
          b.longs(name + ".from", from),
          b.longs(name + ".to", to),
          b.longs(name + ".axis", 3));
    }

    /** Each head repeated for the queries that share it: N×(heads·times)×T×size. */
    String shared(String name, String x, int heads, int times) {
      GraphBuilder b = layers.builder();
      String five = b.node("Unsqueeze", name + ".five", x, b.longs(name + ".axis", 2));
      String repeated =
          b.node("Tile", name + ".tile", five, b.longs(name + ".times", 1, 1, times, 1, 1));
      // T is open: the product of the two head axes is written out, the rest copied by −1.
      String shape =
          b.node(
              "Concat",
              name + ".target",
              Map.of("axis", integer(0)),
              b.node(
                  "Slice",
                  name + ".batch",
                  b.node("Shape", name + ".extents", x),
                  b.longs(name + ".b0", 0),
                  b.longs(name + ".b1", 1)),
              b.longs(name + ".heads", (long) heads * times, -1, size));
      return b.node("Reshape", name + ".repeated", repeated, shape);
    }
  }
}
