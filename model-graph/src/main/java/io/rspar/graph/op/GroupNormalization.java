package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import java.util.List;
import java.util.stream.IntStream;

/**
 * GroupNormalization: every example is normalised over each group of neighbouring channels and all
 * positions, then every channel (from version 21 on; before, every group) is scaled and shifted.
 *
 * <p>Whole groups are cut, which leaves the statistics of the others as they are. A single group is
 * a layer normalisation: any channel can go, and the statistics are those of the channels that
 * stay.
 */
final class GroupNormalization implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    long groups = groups(node);
    if (input.rank() < 3 || groups < 1 || input.dim(1) % groups != 0) {
      throw node.malformed("input " + input + " in " + groups + " groups");
    }
    long scales = node.opset() < 21 ? groups : input.dim(1);
    for (int i = 1; i <= 2; i++) {
      if (!node.input(i).equals(Shape.of(scales))) {
        throw node.malformed("parameter " + node.input(i) + " for input " + input);
      }
    }
    return List.of(ValueFacts.of(node.type(0), input));
  }

  private static long groups(NodeShapes node) {
    return node.node().intAttribute("num_groups", 1);
  }

  @Override
  public long macs(NodeShapes node) {
    return 2 * node.output(0).elements();
  }

  @Override
  public void couple(Coupling c) {
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      c.unify(c.in(0, axis), c.out(0, axis));
    }
    int groups = Math.toIntExact(groups(c.facts()));
    int channels = Math.toIntExact(c.facts().input(0).dim(1));
    int size = channels / groups;
    for (int i = 1; i <= 2; i++) {
      c.role(c.in(i, 0), Role.PARAMETER);
      if (c.facts().input(i).dim(0) == channels) {
        c.unify(c.in(i, 0), c.in(0, 1));
      } else if (groups == 1) {
        c.freeze(c.in(i, 0), "it belongs to all channels");
      } else {
        for (int g = 0; g < groups; g++) {
          c.unify(c.in(i, 0), g, c.in(0, 1), g * size, 1);
        }
      }
    }
    for (int g = 0; groups > 1 && g < groups; g++) {
      for (int k = 1; k < size; k++) {
        c.unify(c.in(0, 1), g * size, c.in(0, 1), g * size + k, 1);
      }
    }
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    long groups = groups(rewrite.facts());
    if (groups > 1) {
      long size = rewrite.facts().input(0).dim(1) / groups;
      rewrite.attribute("num_groups", new Attribute.OfInt(rewrite.newInput(0).dim(1) / size));
    }
  }

  @Override
  public void mask(Masking masking) {
    NodeFacts node = masking.facts();
    int rank = node.input(0).rank();
    List<Integer> axes = IntStream.range(1, rank).boxed().toList();
    if (groups(node) > 1 || masking.keptShare(0, axes) == 1) {
      return;
    }
    String unit =
        new Statistics(masking, axes)
            .normalise(node.node().input(0), true, node.node().floatAttribute("epsilon", 1e-5f));
    masking.replaceNode(Statistics.affine(masking, unit, rank));
  }
}
