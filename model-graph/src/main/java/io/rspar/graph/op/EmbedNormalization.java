package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import java.util.List;

/**
 * ONNX Runtime's EmbedLayerNormalization: a BERT's first layers in one node. Embeddings of words,
 * positions and segments (inputs 2 to 4, rows × hidden) are looked up, added and normalised over
 * the hidden axis, then scaled (input 5) and shifted (input 6). Word numbers (input 0) and segment
 * numbers (input 1) are batch × tokens; position numbers (input 8) are those of the tokens, in
 * their order, where they are left out. Output 1 is the number of tokens that the mask (input 7)
 * shows, output 2 the sum.
 */
final class EmbedNormalization implements Operator {
  private static final int WORDS = 2;
  private static final int POSITIONS = 3;
  private static final int SEGMENTS = 4;
  private static final int SCALE = 5;
  private static final int SHIFT = 6;
  private static final int POSITION_NUMBERS = 8;
  private static final int LENGTHS = 1;
  private static final int SUM = 2;

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape tokens = node.input(0);
    Shape words = node.input(WORDS);
    Shape positions = node.input(POSITIONS);
    if (tokens.rank() != 2
        || words.rank() != 2
        || positions.rank() != 2
        || positions.dim(1) != words.dim(1)) {
      throw node.malformed("tokens " + tokens + ", words " + words + ", positions " + positions);
    }
    if (!node.has(POSITION_NUMBERS) && positions.dim(0) < tokens.dim(1)) {
      throw node.malformed(tokens.dim(1) + " tokens at " + positions.dim(0) + " positions");
    }
    ValueFacts output =
        ValueFacts.of(node.type(WORDS), Shape.of(tokens.dim(0), tokens.dim(1), words.dim(1)));
    return List.of(output, ValueFacts.of(DataType.INT32, Shape.of(tokens.dim(0))), output);
  }

  @Override
  public long macs(NodeShapes node) {
    return 2 * node.output(0).elements();
  }

  @Override
  public void couple(Coupling c) {
    for (int axis = 0; axis < 2; axis++) {
      c.unify(c.in(0, axis), c.out(0, axis));
      c.freeze(c.in(0, axis), "its indices are tokens");
    }
    for (int table = WORDS; table <= SEGMENTS; table++) {
      if (c.facts().has(table)) {
        c.freeze(c.in(table, 0), "single indices of it are looked up");
        c.unify(c.in(table, 1), c.out(0, 2));
        if (c.facts().isConstant(table)) {
          c.role(c.in(table, 1), Role.PRODUCER);
        }
      }
    }
    for (int parameter = SCALE; parameter <= SHIFT; parameter++) {
      c.unify(c.in(parameter, 0), c.out(0, 2));
      c.role(c.in(parameter, 0), Role.PARAMETER);
    }
    if (!c.facts().node().output(LENGTHS).isEmpty()) {
      c.unify(c.out(LENGTHS, 0), c.out(0, 0));
    }
    for (int axis = 0; axis < 3 && !c.facts().node().output(SUM).isEmpty(); axis++) {
      c.unify(c.out(SUM, axis), c.out(0, axis));
    }
  }

  @Override
  public void mask(Masking masking) {
    NodeFacts node = masking.facts();
    if (masking.keptShare(WORDS, List.of(1)) == 1) {
      return;
    }
    List<String> outputs = masking.replacedNode(SUM + 1);
    String sum = outputs.get(SUM);
    double epsilon = node.node().floatAttribute("epsilon", 1e-12f);
    String unit =
        new Statistics(masking, WORDS, List.of(1), List.of(2)).normalise(sum, true, epsilon);
    String scaled = masking.node("Mul", unit, node.node().input(SCALE));
    masking.replaceNode(masking.node("Add", scaled, node.node().input(SHIFT)));
    if (!node.node().output(LENGTHS).isEmpty()) {
      masking.replaceOutput(LENGTHS, outputs.get(LENGTHS));
    }
    if (!node.node().output(SUM).isEmpty()) {
      masking.replaceOutput(SUM, sum);
    }
  }

  /** Numbers of words, segments and positions, and the mask, are data. */
  @Override
  public boolean isParameter(int input) {
    return input >= WORDS && input <= SHIFT;
  }
}
