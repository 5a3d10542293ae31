package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import java.util.List;
import java.util.Optional;

/**
 * QuantizeLinear and DequantizeLinear: real numbers to and from integers, with a scale (input 1)
 * and a zero point (input 2) for the whole tensor, or for each index of one axis, which then are
 * parameters of that index. A scale for each block of indices freezes the axis.
 */
final class Quantization implements Operator {
  private final boolean toIntegers;

  Quantization(boolean toIntegers) {
    this.toIntegers = toIntegers;
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    if (isPerIndex(node) && node.input(1).dim(0) != node.input(0).dim(axis(node))) {
      throw node.malformed("scales " + node.input(1) + " for " + node.input(0));
    }
    return List.of(ValueFacts.of(type(node), node.input(0)));
  }

  private Optional<DataType> type(NodeFacts node) {
    long given = node.node().intAttribute("output_dtype", 0);
    if (given != 0) {
      return DataType.isSupported((int) given)
          ? Optional.of(DataType.ofOnnxCode((int) given))
          : Optional.empty();
    }
    if (!toIntegers) {
      return node.type(1);
    }
    return node.has(2) ? node.type(2) : Optional.of(DataType.UINT8);
  }

  private static int axis(NodeFacts node) {
    return node.axis(node.node().intAttribute("axis", 1), node.input(0).rank());
  }

  /**
   * Whether there is one scale for each index of an axis; some exporters list even a single one.
   */
  private static boolean isPerIndex(NodeFacts node) {
    Shape scale = node.input(1);
    return scale.rank() == 1 && scale.dim(0) != 1;
  }

  @Override
  public void couple(Coupling c) {
    Shape input = c.facts().input(0);
    if (c.facts().input(1).rank() > 1) {
      c.freezeAll("it is quantised in blocks");
      return;
    }
    for (int axis = 0; axis < input.rank(); axis++) {
      c.unify(c.in(0, axis), c.out(0, axis));
    }
    for (int i = 1; i < c.facts().inputs().size(); i++) {
      if (!c.facts().has(i) || c.facts().input(i).rank() == 0) {
        continue;
      }
      if (isPerIndex(c.facts())) {
        c.unify(c.in(i, 0), c.in(0, axis(c.facts())));
        if (!c.facts().outputs().get(0).constant()) {
          c.role(c.in(i, 0), Role.PARAMETER);
        }
      } else {
        c.freeze(c.in(i, 0), "it belongs to the whole tensor");
      }
    }
  }

  /** Scales are calibrated, not trained. */
  @Override
  public boolean isParameter(int input) {
    return input == 0;
  }
}
