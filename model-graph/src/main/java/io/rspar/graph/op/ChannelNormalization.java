package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

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
    for (int i = 1; i < node.inputs().size(); i++) {
      if (!node.input(i).equals(Shape.of(input.dim(1)))) {
        throw node.malformed("parameter " + node.input(i) + " for input " + input);
      }
    }
    ValueFacts channels = ValueFacts.of(node.type(0), Shape.of(input.dim(1)));
    return List.of(ValueFacts.of(node.type(0), input), channels, channels, channels, channels);
  }

  @Override
  public long macs(NodeShapes node) {
    return 2 * node.output(0).elements();
  }

  @Override
  public void couple(Coupling c) {
    if (c.facts().outputs().size() > 1 || c.facts().node().intAttribute("training_mode", 0) != 0) {
      c.freezeAll("the normalisation is exported for training");
      return;
    }
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      c.unify(c.in(0, axis), c.out(0, axis));
    }
    for (int i = 1; i < c.facts().inputs().size(); i++) {
      c.unify(c.in(i, 0), c.out(0, 1));
      c.role(c.in(i, 0), Role.PARAMETER);
    }
    if (c.facts().node().opType().equals("InstanceNormalization")) {
      for (int axis = 2; axis < c.facts().input(0).rank(); axis++) {
        c.freeze(c.in(0, axis), "the normalisation averages over it");
      }
    }
  }

  @Override
  public boolean isParameter(int input) {
    return input <= lastTrainedInput;
  }
}
