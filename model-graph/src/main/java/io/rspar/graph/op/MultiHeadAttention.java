package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import java.util.List;

/**
 * ONNX Runtime's MultiHeadAttention without a cache: queries, keys and values as batch × tokens ×
 * heads·size, each, already projected; a bias for the three side by side. A head is one channel.
 */
final class MultiHeadAttention implements Operator {
  private static final int BIAS = 3;
  private static final int SCORE_BIAS = 5;

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    if (!isPlain(node)) {
      return List.of(ValueFacts.UNKNOWN);
    }
    long heads = heads(node);
    for (int i = 0; i < 3; i++) {
      if (heads < 1 || node.input(i).dim(2) % heads != 0) {
        throw node.malformed("input " + node.input(i) + " for " + heads + " heads");
      }
    }
    Shape queries = node.input(0);
    return List.of(ValueFacts.of(node.type(0), queries.withDim(2, node.input(2).dim(2))));
  }

  private static boolean isPlain(NodeFacts node) {
    for (int i = 0; i < 3; i++) {
      if (!node.has(i) || node.input(i).rank() != 3) {
        return false;
      }
    }
    return !node.has(6) && !node.has(7) && node.node().outputs().size() == 1;
  }

  private static long heads(NodeFacts node) {
    return node.node().intAttribute("num_heads", 0);
  }

  @Override
  public long macs(NodeShapes node) {
    long perQuery = node.input(0).dim(2) + node.input(2).dim(2);
    long pairs = node.input(0).dim(0) * node.input(0).dim(1) * node.input(1).dim(1);
    return Math.multiplyExact(pairs, perQuery);
  }

  @Override
  public void couple(Coupling c) {
    int heads = (int) heads(c.facts());
    for (int i = 0; i < 3; i++) {
      for (int axis = 0; axis < 2; axis++) {
        c.freeze(c.in(i, axis), "attention runs along it");
        c.freeze(c.out(0, axis), "attention runs along it");
      }
      coupleHeads(c, c.in(i, 2), 0, (int) c.in(i, 2).extent() / heads, heads);
    }
    coupleHeads(c, c.out(0, 2), 0, (int) c.out(0, 2).extent() / heads, heads);
    if (c.facts().has(BIAS)) {
      int offset = 0;
      for (int i = 0; i < 3; i++) {
        int width = (int) c.in(i, 2).extent();
        coupleHeads(c, c.in(BIAS, 0), offset, width / heads, heads);
        offset += width;
      }
      c.role(c.in(BIAS, 0), Role.PARAMETER);
    }
    if (c.facts().has(SCORE_BIAS)) {
      Axis scores = c.in(SCORE_BIAS, 1);
      if (scores.extent() == heads) {
        coupleHeads(c, scores, 0, 1, heads);
      } else {
        c.freeze(scores, "its only index is stretched");
      }
    }
  }

  /** Each run of {@code size} indices goes with the first dimension of its head's queries. */
  private static void coupleHeads(Coupling c, Axis axis, int offset, int size, int heads) {
    int querySize = (int) c.in(0, 2).extent() / heads;
    for (int i = 0; i < heads * size; i++) {
      c.unify(axis, offset + i, c.in(0, 2), i / size * querySize, 1);
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    long size = rewrite.facts().input(0).dim(2) / heads(rewrite.facts());
    rewrite.attribute("num_heads", new Attribute.OfInt(rewrite.newInput(0).dim(2) / size));
  }
}
