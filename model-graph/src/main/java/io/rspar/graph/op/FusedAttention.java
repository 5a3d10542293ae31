package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import java.util.List;

/**
 * ONNX Runtime's Attention: projections, heads and their products in one node. Input batch × tokens
 * × features, weight features × 3·hidden (queries, keys and values side by side), bias 3·hidden,
 * output batch × tokens × hidden. A head goes with its columns in all three projections.
 */
final class FusedAttention implements Operator {
  private static final int PARTS = 3;
  private static final int BIAS = 2;
  private static final int SCORE_BIAS = 5;

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    Shape weight = node.input(1);
    if (!isPlain(node)) {
      return List.of(ValueFacts.UNKNOWN);
    }
    if (input.rank() != 3
        || weight.rank() != 2
        || weight.dim(0) != input.dim(2)
        || heads(node) < 1
        || weight.dim(1) % (PARTS * heads(node)) != 0) {
      throw node.malformed("input " + input + ", weight " + weight + ", " + heads(node) + " heads");
    }
    return List.of(ValueFacts.of(node.type(0), input.withDim(2, weight.dim(1) / PARTS)));
  }

  /** Without a cache of earlier tokens and without values of another width. */
  private static boolean isPlain(NodeFacts node) {
    return node.node().intsAttribute("qkv_hidden_sizes").isEmpty()
        && !node.has(4)
        && node.node().outputs().size() == 1
        && node.node().intAttribute("do_rotary", 0) == 0;
  }

  private static long heads(NodeFacts node) {
    return node.node().intAttribute("num_heads", 0);
  }

  @Override
  public long macs(NodeShapes node) {
    Shape output = node.output(0);
    long tokens = output.dim(1);
    long projections = output.dim(0) * tokens * node.input(1).elements();
    return Math.addExact(projections, 2 * output.elements() * tokens);
  }

  @Override
  public void couple(Coupling c) {
    if (!c.facts().isConstant(1) || (c.facts().has(BIAS) && !c.facts().isConstant(BIAS))) {
      c.freezeAll("its weights are computed at run time");
      return;
    }
    for (int axis = 0; axis < 2; axis++) {
      c.unify(c.in(0, axis), c.out(0, axis));
      c.freeze(c.in(0, axis), "attention runs along it");
    }
    c.unify(c.in(0, 2), c.in(1, 0));
    c.role(c.in(1, 0), Role.CONSUMER);
    c.role(c.in(1, 1), Role.PRODUCER);
    int hidden = (int) c.facts().output(0).dim(2);
    int size = hidden / (int) heads(c.facts());
    Axis output = c.out(0, 2);
    for (int part = 0; part < PARTS; part++) {
      c.unify(c.in(1, 1), part * hidden, output, 0, hidden);
      if (c.facts().has(BIAS)) {
        c.unify(c.in(BIAS, 0), part * hidden, output, 0, hidden);
      }
    }
    if (c.facts().has(BIAS)) {
      c.role(c.in(BIAS, 0), Role.PRODUCER);
    }
    for (int i = 0; i < hidden; i++) {
      c.unify(output, i / size * size, output, i, 1);
    }
    coupleScores(c, size);
  }

  /** Masks know no heads; a bias of the scores may have one matrix per head. */
  private static void coupleScores(Coupling c, int size) {
    if (!c.facts().has(SCORE_BIAS)) {
      return;
    }
    Axis heads = c.in(SCORE_BIAS, 1);
    if (heads.extent() == 1) {
      c.freeze(heads, "its only index is stretched");
      return;
    }
    for (int head = 0; head < heads.extent(); head++) {
      c.unify(heads, head, c.out(0, 2), head * size, 1);
    }
  }

  @Override
  public void mask(Masking masking) {
    masking.maskInput(0, 2);
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    long size = rewrite.facts().output(0).dim(2) / heads(rewrite.facts());
    rewrite.attribute("num_heads", new Attribute.OfInt(rewrite.newOutput(0).dim(2) / size));
  }
}
