package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import java.util.List;

/**
 * ONNX's Attention: queries, keys and values, already projected, as batch × heads × tokens × size,
 * or as batch × tokens × heads·size with the numbers of heads in attributes. A head is one channel;
 * heads of queries that share one of keys and values go together.
 */
final class DotProductAttention implements Operator {
  private static final int QUERY = 0;
  private static final int KEY = 1;
  private static final int VALUE = 2;
  private static final int MASK = 3;
  private static final int PAST_KEY = 4;
  private static final int PAST_VALUE = 5;
  private static final int SCORES = 3;
  private static final int NONE = -1;

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape q = node.input(QUERY);
    Shape k = node.input(KEY);
    Shape v = node.input(VALUE);
    boolean ranked = (q.rank() == 3 || q.rank() == 4) && k.rank() == q.rank();
    if (!ranked
        || v.rank() != q.rank()
        || heads(node, QUERY) < 1
        || heads(node, KEY) < 1
        || heads(node, QUERY) % heads(node, KEY) != 0
        || size(node, QUERY) != size(node, KEY)) {
      throw node.malformed("queries " + q + ", keys " + k + ", values " + v);
    }
    long heads = heads(node, QUERY);
    long shared = heads(node, KEY);
    long all = keys(node);
    Shape output =
        q.rank() == 3 ? q.withDim(2, heads * size(node, VALUE)) : q.withDim(3, size(node, VALUE));
    return List.of(
        ValueFacts.of(node.type(QUERY), output),
        ValueFacts.of(node.type(KEY), Shape.of(q.dim(0), shared, all, size(node, KEY))),
        ValueFacts.of(node.type(VALUE), Shape.of(q.dim(0), shared, all, size(node, VALUE))),
        ValueFacts.of(node.type(QUERY), Shape.of(q.dim(0), heads, q.dim(q.rank() - 2), all)));
  }

  private static long heads(NodeShapes node, int input) {
    return node.input(input).rank() == 4
        ? node.input(input).dim(1)
        : node.node().intAttribute(input == QUERY ? "q_num_heads" : "kv_num_heads", 0);
  }

  /** Dimensions of one head. */
  private static long size(NodeShapes node, int input) {
    Shape shape = node.input(input);
    return shape.rank() == 4 ? shape.dim(3) : shape.dim(2) / heads(node, input);
  }

  /** Tokens of which there are keys and values, those of earlier calls included. */
  private static long keys(NodeShapes node) {
    Shape k = node.input(KEY);
    return k.dim(k.rank() - 2) + (node.node().hasInput(PAST_KEY) ? node.input(PAST_KEY).dim(2) : 0);
  }

  @Override
  public long macs(NodeShapes node) {
    long both = Math.addExact(node.input(QUERY).elements(), node.output(0).elements());
    return Math.multiplyExact(both, keys(node));
  }

  @Override
  public void couple(Coupling c) {
    int heads = (int) heads(c.witnesses().get(0), QUERY);
    int shared = (int) heads(c.witnesses().get(0), KEY);
    boolean side = c.facts().input(QUERY).rank() == 3;
    Axis queries = c.in(QUERY, side ? 2 : 1);
    HeadRuns runs = new HeadRuns(c, queries, heads, side ? (int) queries.extent() / heads : 1);
    runs.coupleQueries(shared);
    for (int i = 0; i < c.facts().inputs().size(); i++) {
      if (c.facts().has(i)) {
        int input = i;
        Shape shape = c.facts().input(i);
        int own =
            i == MASK ? maskHeads(shape, heads) : i < MASK && side ? 2 : i > PAST_VALUE ? NONE : 1;
        HeadRuns.freezeOthers(c, shape, own, axis -> c.in(input, axis));
        if (i != QUERY && own != NONE) {
          couple(runs, c.in(i, own), i == MASK ? heads : shared, side && i < MASK);
        }
      }
    }
    for (int o = 0; o < c.facts().outputs().size(); o++) {
      if (!c.facts().node().output(o).isEmpty()) {
        int output = o;
        int own = o == 0 && side ? 2 : 1;
        HeadRuns.freezeOthers(c, c.facts().output(o), own, axis -> c.out(output, axis));
        couple(runs, c.out(o, own), o == 0 || o == SCORES ? heads : shared, side && o == 0);
      }
    }
  }

  /** The axis on which a mask has one matrix per head. */
  private static int maskHeads(Shape mask, int heads) {
    return mask.rank() >= 3 && mask.dim(mask.rank() - 3) == heads ? mask.rank() - 3 : NONE;
  }

  private static void couple(HeadRuns runs, Axis axis, int heads, boolean side) {
    runs.couple(axis, 0, heads, side ? (int) axis.extent() / heads : 1);
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    if (rewrite.facts().input(QUERY).rank() == 3) {
      rewriteHeads(rewrite, QUERY, "q_num_heads");
      rewriteHeads(rewrite, KEY, "kv_num_heads");
    }
  }

  private static void rewriteHeads(Rewrite rewrite, int input, String attribute) {
    long heads = rewrite.newInput(input).dim(2) / size(rewrite.witnesses().get(0), input);
    rewrite.attribute(attribute, new Attribute.OfInt(heads));
  }

  /** Masks are not trained. */
  @Override
  public boolean isParameter(int input) {
    return input != MASK;
  }
}
