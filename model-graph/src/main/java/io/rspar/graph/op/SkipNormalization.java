package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * ONNX Runtime's SkipLayerNormalization and SkipSimplifiedLayerNormalization: input, skip and bias
 * are added, then normalised over the last axis. Output 3 is the sum, which goes on as the residual
 * stream.
 */
final class SkipNormalization implements Operator {
  private static final int SUM = 3;

  private final boolean centred;

  /**
   * A normalisation of a sum.
   *
   * @param centred whether it subtracts the mean; then input 3 is the shift and input 4 the bias,
   *     otherwise input 3 is the bias
   */
  SkipNormalization(boolean centred) {
    this.centred = centred;
  }

  private int bias() {
    return centred ? 4 : 3;
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      if (node.has(i)) {
        shapes.add(node.input(i));
      }
    }
    if (!Broadcast.shape(node, shapes).equals(input)) {
      throw node.malformed("inputs " + shapes + " do not fit together");
    }
    ValueFacts statistic = ValueFacts.of(DataType.FLOAT, input.withDim(input.rank() - 1, 1));
    ValueFacts same = ValueFacts.of(node.type(0), input);
    return List.of(same, statistic, statistic, same);
  }

  @Override
  public long macs(NodeShapes node) {
    return 2 * node.output(0).elements();
  }

  @Override
  public void couple(Coupling c) {
    if (!c.facts().node().output(1).isEmpty() || !c.facts().node().output(2).isEmpty()) {
      c.freezeAll("its statistics are outputs");
      return;
    }
    for (int i = 0; i < c.facts().inputs().size(); i++) {
      if (c.facts().has(i)) {
        Broadcast.couple(c, i, 0);
      }
    }
    if (!c.facts().node().output(SUM).isEmpty()) {
      for (int axis = 0; axis < c.facts().output(0).rank(); axis++) {
        c.unify(c.out(0, axis), c.out(SUM, axis));
      }
    }
    Broadcast.declareParameters(c);
  }

  @Override
  public void mask(Masking masking) {
    NodeFacts node = masking.facts();
    List<Integer> axes = List.of(node.input(0).rank() - 1);
    if (masking.keptShare(0, axes) == 1) {
      return;
    }
    String sum = masking.node("Add", node.node().input(0), node.node().input(1));
    if (node.has(bias())) {
      sum = masking.node("Add", sum, node.node().input(bias()));
    }
    double epsilon = node.node().floatAttribute("epsilon", 1e-12f);
    String unit = new Statistics(masking, axes).normalise(sum, centred, epsilon);
    String result = masking.node("Mul", unit, node.node().input(2));
    if (centred && node.has(3)) {
      result = masking.node("Add", result, node.node().input(3));
    }
    masking.replaceNode(result);
    if (!node.node().output(SUM).isEmpty()) {
      masking.replaceOutput(SUM, sum);
    }
  }
}
