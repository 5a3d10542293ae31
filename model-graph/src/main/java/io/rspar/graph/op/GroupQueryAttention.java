package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import java.util.List;

/**
 * ONNX Runtime's GroupQueryAttention, as language models are exported with: queries, keys and
 * values as batch × tokens × heads·size, or side by side in input 0, and a cache of keys and values
 * of earlier tokens as batch × heads × tokens × size. Heads of queries go with the head of keys and
 * values that they share. A cache that the model is given, or gives, has its heads frozen.
 */
final class GroupQueryAttention implements Operator {
  private static final int KEY = 1;
  private static final int VALUE = 2;
  private static final int PAST_KEY = 3;
  private static final int PAST_VALUE = 4;
  private static final int NONE = -1;

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape query = node.input(0);
    long heads = heads(node);
    long shared = shared(node);
    if (query.rank() != 3
        || shared < 1
        || heads % shared != 0
        || query.dim(2) % (isPacked(node) ? heads + 2 * shared : heads) != 0) {
      throw node.malformed("queries " + query + " for heads " + heads + " and " + shared);
    }
    long size = size(node);
    long tokens = isPacked(node) ? query.dim(1) : node.input(KEY).dim(1);
    long past = node.has(PAST_KEY) ? node.input(PAST_KEY).dim(2) : 0;
    Shape present = Shape.of(query.dim(0), shared, past + tokens, size);
    return List.of(
        ValueFacts.of(node.type(0), query.withDim(2, heads * size)),
        ValueFacts.of(node.type(0), present),
        ValueFacts.of(node.type(0), present));
  }

  private static boolean isPacked(NodeShapes node) {
    return !node.node().hasInput(KEY);
  }

  private static long heads(NodeShapes node) {
    return node.node().intAttribute("num_heads", 0);
  }

  private static long shared(NodeShapes node) {
    return node.node().intAttribute("kv_num_heads", 0);
  }

  /** Dimensions of one head. */
  private static long size(NodeShapes node) {
    long runs = heads(node) + (isPacked(node) ? 2 * shared(node) : 0);
    return node.input(0).dim(2) / runs;
  }

  @Override
  public long macs(NodeShapes node) {
    long past = node.node().hasInput(PAST_KEY) ? node.input(PAST_KEY).dim(2) : 0;
    Shape keys = isPacked(node) ? node.input(0) : node.input(KEY);
    return Math.multiplyExact(2 * node.output(0).elements(), past + keys.dim(1));
  }

  @Override
  public void couple(Coupling c) {
    int heads = (int) heads(c.facts());
    int shared = (int) shared(c.facts());
    int size = (int) size(c.facts());
    HeadRuns runs = new HeadRuns(c, c.in(0, 2), heads, size);
    runs.coupleQueries(shared);
    for (int i = 0; i < c.facts().inputs().size(); i++) {
      if (c.facts().has(i)) {
        int input = i;
        int own = i <= VALUE ? 2 : i <= PAST_VALUE ? 1 : NONE;
        HeadRuns.freezeOthers(c, c.facts().input(i), own, axis -> c.in(input, axis));
        if (i > 0 && own != NONE) {
          runs.couple(c.in(i, own), 0, shared, i <= VALUE ? size : 1);
        }
      }
    }
    for (int o = 0; o < c.facts().outputs().size(); o++) {
      if (!c.facts().node().output(o).isEmpty()) {
        int output = o;
        int own = o == 0 ? 2 : 1;
        HeadRuns.freezeOthers(c, c.facts().output(o), own, axis -> c.out(output, axis));
        runs.couple(c.out(o, own), 0, o == 0 ? heads : shared, o == 0 ? size : 1);
      }
    }
    if (isPacked(c.facts()) && shared == 1 && heads > 1) {
      c.freeze(c.in(0, 2), "a head in it serves all queries");
    } else if (isPacked(c.facts())) {
      runs.couple(c.in(0, 2), heads * size, shared, size);
      runs.couple(c.in(0, 2), (heads + shared) * size, shared, size);
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    long heads = rewrite.newOutput(0).dim(2) / size(rewrite.facts());
    long together = heads(rewrite.facts()) / shared(rewrite.facts());
    boolean one = shared(rewrite.facts()) == 1;
    rewrite.attribute("num_heads", new Attribute.OfInt(heads));
    rewrite.attribute("kv_num_heads", new Attribute.OfInt(one ? 1 : heads / together));
  }

  @Override
  public boolean isParameter(int input) {
    return false;
  }
}
