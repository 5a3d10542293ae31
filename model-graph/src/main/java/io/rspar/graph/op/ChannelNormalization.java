package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;
import java.util.stream.IntStream;

/**
 * BatchNormalization and InstanceNormalization: every channel (axis 1) is shifted and scaled by
 * itself. All inputs but the first are vectors with one entry per channel.
 */
final class ChannelNormalization implements Operator {
  private final int lastTrainedInput;

  /**
   * A normalisation.
   *
   * @param lastTrainedInput index of the last trained input; running statistics follow it
   */
  ChannelNormalization(int lastTrainedInput) {
    this.lastTrainedInput = lastTrainedInput;
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    if (input.rank() < 2) {
      throw node.malformed("input " + input + " has no channel axis");
    }
    for (int i = 1; i < node.inputs().size() && !isPerPosition(node); i++) {
      if (!node.input(i).equals(Shape.of(input.dim(1)))) {
        throw node.malformed("parameter " + node.input(i) + " for input " + input);
      }
    }
    ValueFacts channels = ValueFacts.of(node.type(0), node.input(1));
    return List.of(ValueFacts.of(node.type(0), input), channels, channels, channels, channels);
  }

  /** Before version 9, statistics could be those of single positions. */
  private static boolean isPerPosition(NodeFacts node) {
    return node.node().intAttribute("spatial", 1) == 0;
  }

  @Override
  public long macs(NodeShapes node) {
    return 2 * node.output(0).elements();
  }

  @Override
  public void couple(Coupling c) {
    if (isPerPosition(c.facts())) {
      c.freezeAll("every position has statistics of its own");
      return;
    }
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      c.unify(c.in(0, axis), c.out(0, axis));
    }
    for (int i = 1; i < c.facts().inputs().size(); i++) {
      c.unify(c.in(i, 0), c.out(0, 1));
      c.role(c.in(i, 0), Role.PARAMETER);
    }
    for (int o = 1; o < c.facts().outputs().size(); o++) {
      if (!c.facts().node().output(o).isEmpty()) {
        c.unify(c.out(o, 0), c.out(0, 1));
      }
    }
    if (isTraining(c.facts())) {
      for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
        if (axis != 1) {
          c.freeze(c.in(0, axis), "the statistics of a training step run along it");
        }
      }
    }
  }

  /**
   * Whether the statistics are those of the batch, in a model exported for training: by an attribute
   * since version 14, by further outputs before.
   */
  private static boolean isTraining(NodeFacts node) {
    return node.node().intAttribute("training_mode", 0) != 0 || node.outputs().size() > 1;
  }

  /** Instance normalisation averages over the axes from 2 on, on which channels may lie too. */
  @Override
  public void mask(Masking masking) {
    NodeFacts node = masking.facts();
    int rank = node.input(0).rank();
    List<Integer> averaged = IntStream.range(2, rank).boxed().toList();
    if (!node.node().opType().equals("InstanceNormalization")
        || masking.keptShare(0, averaged) == 1) {
      return;
    }
    String unit =
        new Statistics(masking, averaged)
            .normalise(node.node().input(0), true, node.node().floatAttribute("epsilon", 1e-5f));
    masking.replaceNode(Statistics.affine(masking, unit, rank));
  }

  @Override
  public boolean isParameter(int input) {
    return input <= lastTrainedInput;
  }
}
