package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import java.util.List;
import java.util.Optional;

/**
 * Rotary position embedding (Su et al., RoFormer, 2021) of queries or keys as batch × heads ×
 * tokens × size, or as batch × tokens × heads·size: dimensions of a head are rotated in pairs by
 * angles of the position, so that heads go as a whole.
 */
final class RotaryEmbedding implements Operator {
  private final int cosines;

  /**
   * @param cosines input that has the cosines, positions × half of a head's rotated dimensions
   */
  RotaryEmbedding(int cosines) {
    this.cosines = cosines;
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    if (input.rank() == 3 && input.dim(2) % size(node) != 0) {
      throw node.malformed("heads of " + size(node) + " dimensions in " + input);
    }
    return List.of(ValueFacts.of(node.type(0), input));
  }

  /** Dimensions of one head; without a number of heads all of them are rotated. */
  private long size(NodeShapes node) {
    Shape input = node.input(0);
    long heads = node.node().intAttribute("num_heads", 0);
    if (input.rank() == 4) {
      return input.dim(3);
    }
    Shape angles = node.input(cosines);
    return heads > 0 ? input.dim(2) / heads : 2 * angles.dim(angles.rank() - 1);
  }

  @Override
  public void couple(Coupling c) {
    int rank = c.facts().input(0).rank();
    int heads = rank == 4 ? 1 : 2;
    for (int axis = 0; axis < rank; axis++) {
      c.unify(c.in(0, axis), c.out(0, axis));
      if (rank == 4 && axis == 3) {
        c.freeze(c.in(0, axis), "its dimensions are rotated in pairs");
      }
    }
    Axis axis = c.in(0, heads);
    int size = rank == 4 ? 1 : (int) size(c.witnesses().get(0));
    int count = (int) axis.extent() / size;
    new HeadRuns(c, axis, count, size).coupleQueries(count);
    for (int i = 1; i < c.facts().inputs().size(); i++) {
      for (int angle = 0; c.facts().has(i) && angle < c.facts().input(i).rank(); angle++) {
        c.freeze(c.in(i, angle), "it describes positions");
      }
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    Optional<Attribute> heads =
        Optional.ofNullable(rewrite.facts().node().attributes().get("num_heads"));
    if (heads.isPresent() && rewrite.facts().node().intAttribute("num_heads", 0) > 0) {
      Shape after = rewrite.newInput(0);
      long count =
          after.rank() == 4 ? after.dim(1) : after.dim(2) / size(rewrite.witnesses().get(0));
      rewrite.attribute("num_heads", new Attribute.OfInt(count));
    }
  }

  @Override
  public boolean isParameter(int input) {
    return false;
  }
}
