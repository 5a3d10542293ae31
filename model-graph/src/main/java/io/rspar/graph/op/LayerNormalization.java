package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * LayerNormalization, RMSNormalization and ONNX Runtime's SimplifiedLayerNormalization: every
 * example is normalised over the axes from the given one on, then scaled (input 1) and shifted
 * (input 2) element by element. After a cut the statistics are those of the indices that stay.
 */
final class LayerNormalization implements Operator {
  private final boolean centred;

  /**
   * A normalisation.
   *
   * @param centred whether it subtracts the mean
   */
  LayerNormalization(boolean centred) {
    this.centred = centred;
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    int axis = axis(node);
    for (int i = 1; i < node.inputs().size(); i++) {
      if (node.has(i) && !Broadcast.shape(node, List.of(input, node.input(i))).equals(input)) {
        throw node.malformed("parameter " + node.input(i) + " for input " + input);
      }
    }
    Shape statistics = input;
    for (int i = axis; i < input.rank(); i++) {
      statistics = statistics.withDim(i, 1);
    }
    ValueFacts statistic = ValueFacts.of(Optional.of(DataType.FLOAT), statistics);
    return List.of(ValueFacts.of(node.type(0), input), statistic, statistic);
  }

  private static int axis(NodeFacts node) {
    return node.axis(node.node().intAttribute("axis", -1), node.input(0).rank());
  }

  @Override
  public long macs(NodeShapes node) {
    return 2 * node.output(0).elements();
  }

  @Override
  public void couple(Coupling c) {
    if (c.facts().outputs().size() > 1) {
      c.freezeAll("its statistics are outputs");
      return;
    }
    for (int i = 0; i < c.facts().inputs().size(); i++) {
      if (c.facts().has(i)) {
        Broadcast.couple(c, i, 0);
      }
    }
    for (int axis = axis(c.facts()); axis < c.facts().input(0).rank(); axis++) {
      if (!c.facts().input(0).isKnown(axis)) {
        c.freeze(c.in(0, axis), "it is normalised over, and it is open");
      }
    }
    Broadcast.declareParameters(c);
  }

  @Override
  public void mask(Masking masking) {
    NodeFacts node = masking.facts();
    List<Integer> axes = IntStream.range(axis(node), node.input(0).rank()).boxed().toList();
    if (masking.keptShare(0, axes) == 1) {
      return;
    }
    String result =
        new Statistics(masking, axes)
            .normalise(node.node().input(0), centred, node.node().floatAttribute("epsilon", 1e-5f));
    result = masking.node("Mul", result, node.node().input(1));
    masking.replaceNode(node.has(2) ? masking.node("Add", result, node.node().input(2)) : result);
  }
}
