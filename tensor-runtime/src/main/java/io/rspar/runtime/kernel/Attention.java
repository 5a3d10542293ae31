package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Scaled dot-product attention (Vaswani et al., NeurIPS 2017) as one operator: ONNX's {@code
 * Attention} and ONNX Runtime's {@code Attention}, {@code MultiHeadAttention} and {@code
 * GroupQueryAttention}. Inside, heads are an axis: N×H×T×D for T queries, N×H×S×D for S keys.
 */
final class Attention {
  /** Far below every score, and far from where float32 ends. */
  private static final float HIDDEN = -1e30f;

  private Attention() {}

  /** ONNX's: projected queries, keys and values with heads side by side or as an axis. */
  static Kernel standard(Node node, long opset) {
    boolean causal = node.intAttribute("is_causal", 0) != 0;
    float softcap = node.floatAttribute("softcap", 0);
    Unsupported.unless(node.output(3).isEmpty(), node, "the scores as an output");
    Unsupported.unless(node.input(6).isEmpty(), node, "lengths of padded keys");
    return in -> {
      boolean side = in.array(0).getShape().dimension() == 3;
      long queries = side ? node.intAttribute("q_num_heads", 0) : in.array(0).getShape().get(1);
      long shared = side ? node.intAttribute("kv_num_heads", 0) : in.array(1).getShape().get(1);
      NDArray q = side ? split(in.array(0), queries) : in.array(0);
      NDArray k = after(in, 4, side ? split(in.array(1), shared) : in.array(1));
      NDArray v = after(in, 5, side ? split(in.array(2), shared) : in.array(2));
      NDArray scores = capped(scores(q, repeated(k, queries), scale(node, q)), softcap);
      if (in.has(3)) {
        scores = scores.add(asBias(in.array(3)));
      }
      if (causal) {
        scores = scores.add(causal(scores));
      }
      NDArray mixed = scores.softmax(3).matMul(repeated(v, queries));
      return new NDList(side ? merge(mixed) : mixed, Axes.alias(k), Axes.alias(v));
    };
  }

  /** ONNX Runtime's: the projections are part of it, queries, keys and values side by side. */
  static Kernel projecting(Node node, long opset) {
    long heads = node.intAttribute("num_heads", 1);
    Unsupported.unless(node.intsAttribute("qkv_hidden_sizes").isEmpty(), node, "unequal widths");
    Unsupported.unless(node.intAttribute("do_rotary", 0) == 0, node, "rotation inside");
    Unsupported.unless(!node.hasInput(4) && node.output(1).isEmpty(), node, "a cache");
    return in -> {
      NDArray projected = in.array(0).matMul(in.array(1));
      if (in.has(2)) {
        projected = projected.add(in.array(2));
      }
      long width = projected.getShape().get(2) / 3;
      NDArray q = split(part(projected, 0, width), heads);
      NDArray k = split(part(projected, width, width), heads);
      NDArray v = split(part(projected, 2 * width, width), heads);
      return new NDList(merge(mixed(node, in, q, k, v, 3, 5)));
    };
  }

  /** ONNX Runtime's for projected queries, keys and values, with a bias for the three. */
  static Kernel multiHead(Node node, long opset) {
    long heads = node.intAttribute("num_heads", 1);
    boolean cached = node.hasInput(6) || node.hasInput(7) || !node.output(1).isEmpty();
    Unsupported.unless(!cached, node, "a cache");
    Unsupported.unless(node.hasInput(1) && node.hasInput(2), node, "packed queries and keys");
    return in -> {
      NDArray[] parts = new NDArray[3];
      long from = 0;
      for (int i = 0; i < 3; i++) {
        NDArray x = in.array(i);
        Unsupported.unless(x.getShape().dimension() == 3, node, "heads as an axis");
        long width = x.getShape().get(2);
        parts[i] =
            split(in.has(3) ? x.add(Axes.stride(in.array(3), 0, from, from + width, 1)) : x, heads);
        from += width;
      }
      return new NDList(merge(mixed(node, in, parts[0], parts[1], parts[2], 4, 5)));
    };
  }

  /** What both of ONNX Runtime's do behind the projections. */
  private static NDArray mixed(
      Node node, Operands in, NDArray q, NDArray k, NDArray v, int mask, int bias) {
    NDArray scores = scores(q, k, scale(node, q));
    if (in.has(bias)) {
      scores = scores.add(in.array(bias));
    }
    if (in.has(mask)) {
      scores = scores.add(padding(node, in, mask, scores.getShape()));
    }
    if (node.intAttribute("unidirectional", 0) != 0) {
      scores = scores.add(causal(scores));
    }
    return scores.softmax(3).matMul(v);
  }

  /** ONNX Runtime's for language models: causal, few heads of keys, rotated inside, cached. */
  static Kernel groupQuery(Node node, long opset) {
    long heads = node.intAttribute("num_heads", 1);
    long shared = node.intAttribute("kv_num_heads", 1);
    boolean rotary = node.intAttribute("do_rotary", 0) != 0;
    boolean interleaved = node.intAttribute("rotary_interleaved", 0) != 0;
    float softcap = node.floatAttribute("softcap", 0);
    Unsupported.unless(node.intAttribute("local_window_size", -1) < 0, node, "a local window");
    Unsupported.unless(node.intAttribute("smooth_softmax", 0) <= 0, node, "a smooth softmax");
    Unsupported.unless(
        node.inputs().stream().skip(9).allMatch(String::isEmpty), node, "positions or a bias");
    return in -> {
      boolean packed = !in.has(1);
      NDArray x = in.array(0);
      long size = x.getShape().get(2) / (packed ? heads + 2 * shared : heads);
      NDArray q = split(packed ? part(x, 0, heads * size) : x, heads);
      NDArray k = split(packed ? part(x, heads * size, shared * size) : in.array(1), shared);
      NDArray v =
          split(packed ? part(x, (heads + shared) * size, shared * size) : in.array(2), shared);
      long past = in.has(3) ? in.array(3).getShape().get(2) : 0;
      requireWholeSequences(node, in, past, past + k.getShape().get(2));
      if (rotary) {
        long[] positions = LongStream.range(past, past + k.getShape().get(2)).toArray();
        NDArray cos = Axes.pick(in.array(7), 0, positions).expandDims(0);
        NDArray sin = Axes.pick(in.array(8), 0, positions).expandDims(0);
        q = Rotary.rotate(q, cos, sin, interleaved);
        k = Rotary.rotate(k, cos, sin, interleaved);
      }
      k = after(in, 3, k);
      v = after(in, 4, v);
      NDArray scores = capped(scores(q, repeated(k, heads), scale(node, q)), softcap);
      NDArray mixed = scores.add(causal(scores)).softmax(3).matMul(repeated(v, heads));
      return new NDList(merge(mixed), Axes.alias(k), Axes.alias(v));
    };
  }

  /** Padding behind a prompt is seen by no token before it; behind a cache it would be. */
  private static void requireWholeSequences(Node node, Operands in, long past, long tokens) {
    boolean whole = Arrays.stream(in.integers(5)).allMatch(last -> last == tokens - 1);
    Unsupported.unless(past == 0 || whole, node, "sequences of different lengths with a cache");
  }

  /** N×T×(H·D) → N×H×T×D. */
  static NDArray split(NDArray x, long heads) {
    Shape shape = x.getShape();
    return x.reshape(shape.get(0), shape.get(1), heads, shape.get(2) / heads).transpose(0, 2, 1, 3);
  }

  /** N×H×T×D → N×T×(H·D). */
  static NDArray merge(NDArray x) {
    Shape shape = x.getShape();
    return x.transpose(0, 2, 1, 3).reshape(shape.get(0), shape.get(2), shape.get(1) * shape.get(3));
  }

  private static NDArray part(NDArray x, long from, long width) {
    return Axes.stride(x, 2, from, from + width, 1);
  }

  /** What is cached, and behind it what is new. */
  private static NDArray after(Operands in, int cache, NDArray x) {
    return in.has(cache) ? NDArrays.concat(new NDList(in.array(cache), x), 2) : x;
  }

  /** Each head as often as queries share it. */
  private static NDArray repeated(NDArray x, long heads) {
    long shared = x.getShape().get(1);
    return shared == heads
        ? x
        : Axes.pick(x, 1, LongStream.range(0, heads).map(head -> head * shared / heads).toArray());
  }

  /** The attribute, or where it is left out or 0, 1/√D. */
  private static double scale(Node node, NDArray q) {
    float given = node.floatAttribute("scale", 0);
    return given != 0 ? given : 1 / Math.sqrt(q.getShape().get(3));
  }

  /** N×H×T×S. */
  private static NDArray scores(NDArray q, NDArray k, double scale) {
    return Owned.times(q.matMul(k.swapAxes(2, 3)), scale);
  }

  /**
   * Scores that do not exceed a limit. Before anything is masked, as ONNX says since 1.22:
   * otherwise what is masked would be seen again.
   */
  private static NDArray capped(NDArray scores, float limit) {
    return limit > 0 ? Owned.times(Owned.over(scores, limit).tanh(), limit) : scores;
  }

  /** What is added to scores for a mask of booleans, or of numbers that are added. */
  private static NDArray asBias(NDArray mask) {
    if (mask.getDataType() != DataType.BOOLEAN) {
      return mask;
    }
    return Owned.times(mask.logicalNot().toType(DataType.FLOAT32, true), HIDDEN);
  }

  /** Hides later keys; the last query sees all of them. */
  private static NDArray causal(NDArray scores) {
    int queries = (int) scores.getShape().get(2);
    int keys = (int) scores.getShape().get(3);
    float[] bias = new float[queries * keys];
    for (int t = 0; t < queries; t++) {
      Arrays.fill(bias, t * keys + Math.min(keys, t + keys - queries + 1), (t + 1) * keys, HIDDEN);
    }
    return owned(scores.getManager(), bias, new Shape(1, 1, queries, keys));
  }

  /**
   * What is added to scores for one of ONNX Runtime's masks: N×S or N×T×S of 0 and 1, or N numbers
   * of keys, with N first keys behind them if there are 2·N.
   */
  private static NDArray padding(Node node, Operands in, int mask, Shape scores) {
    long[] given = in.integers(mask);
    Shape shape = in.array(mask).getShape();
    int examples = (int) scores.get(0);
    int keys = (int) scores.get(3);
    boolean lengths = shape.dimension() == 1;
    boolean twoRows = lengths && given.length == 2 * examples;
    Unsupported.unless(
        !lengths || twoRows || given.length == examples, node, "a mask of shape " + shape);
    Unsupported.unless(shape.dimension() <= 3, node, "a mask of shape " + shape);
    float hidden = node.floatAttribute("mask_filter_value", -10_000);
    float[] bias = new float[lengths ? examples * keys : given.length];
    for (int i = 0; i < bias.length; i++) {
      int key = i % keys;
      boolean seen =
          lengths
              ? key < given[i / keys] && (!twoRows || key >= given[examples + i / keys])
              : given[i] != 0;
      bias[i] = seen ? 0 : hidden;
    }
    return owned(
        in.manager(), bias, new Shape(examples, 1, bias.length / ((long) examples * keys), keys));
  }

  private static NDArray owned(NDManager manager, float[] values, Shape shape) {
    return Owned.copy(manager.create(values, shape));
  }
}
