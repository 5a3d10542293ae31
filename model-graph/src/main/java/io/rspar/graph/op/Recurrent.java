package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import java.util.List;
import java.util.stream.IntStream;

/**
 * LSTM, GRU and RNN. Input X: steps × batch × features; weights W: directions × gates·hidden ×
 * features, R: directions × gates·hidden × hidden, bias B: directions × 2·gates·hidden, peepholes
 * P: directions × 3·hidden, states: directions × batch × hidden.
 *
 * <p>Features are cut like the inputs of any layer. A hidden channel goes with its row in every
 * gate, its column in R, and its state; all directions lose the same ones.
 */
final class Recurrent implements Operator {
  private static final int BIAS = 3;
  private static final int LENGTHS = 4;
  private static final int PEEPHOLES = 7;

  private final int gates;

  /**
   * A recurrent layer.
   *
   * @param gates number of stacked matrices in W and R: 4 for LSTM, 3 for GRU, 1 for RNN
   */
  Recurrent(int gates) {
    this.gates = gates;
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape x = node.input(0);
    Shape r = node.input(2);
    if (x.rank() != 3
        || r.rank() != 3
        || node.input(1).rank() != 3
        || r.dim(1) != gates * r.dim(2)
        || node.input(1).dim(1) != r.dim(1)
        || node.input(1).dim(2) != x.dim(2)) {
      throw node.malformed("input " + x + " with weights " + node.input(1) + " and " + r);
    }
    boolean batchFirst = isBatchFirst(node);
    long batch = x.dim(batchFirst ? 0 : 1);
    long steps = x.dim(batchFirst ? 1 : 0);
    Shape all =
        batchFirst
            ? Shape.of(batch, steps, r.dim(0), r.dim(2))
            : Shape.of(steps, r.dim(0), batch, r.dim(2));
    Shape last =
        batchFirst ? Shape.of(batch, r.dim(0), r.dim(2)) : Shape.of(r.dim(0), batch, r.dim(2));
    ValueFacts state = ValueFacts.of(node.type(0), last);
    return List.of(ValueFacts.of(node.type(0), all), state, state);
  }

  private static boolean isBatchFirst(NodeFacts node) {
    return node.node().intAttribute("layout", 0) != 0;
  }

  @Override
  public long macs(NodeShapes node) {
    Shape x = node.input(0);
    Shape w = node.input(1);
    Shape r = node.input(2);
    return Math.multiplyExact(x.dim(0) * x.dim(1), w.elements() + r.elements());
  }

  @Override
  public void couple(Coupling c) {
    NodeFacts node = c.facts();
    if (!node.isConstant(1) || !node.isConstant(2) || (node.has(BIAS) && !node.isConstant(BIAS))) {
      c.freezeAll("its weights are computed at run time");
      return;
    }
    freezeAllButLast(c);
    c.unify(c.in(0, 2), c.in(1, 2));
    c.role(c.in(1, 2), Role.CONSUMER);
    c.role(c.in(1, 1), Role.PRODUCER);
    c.role(c.in(2, 1), Role.PRODUCER);
    c.role(c.in(2, 2), Role.CONSUMER);
    Axis hidden = c.in(2, 2);
    stack(c, c.in(1, 1), hidden, gates);
    stack(c, c.in(2, 1), hidden, gates);
    if (node.has(BIAS)) {
      c.role(c.in(BIAS, 1), Role.PRODUCER);
      stack(c, c.in(BIAS, 1), hidden, 2 * gates);
    }
    if (node.has(PEEPHOLES)) {
      c.role(c.in(PEEPHOLES, 1), Role.PARAMETER);
      stack(c, c.in(PEEPHOLES, 1), hidden, 3);
    }
    for (int state = LENGTHS + 1; state < PEEPHOLES; state++) {
      if (node.has(state)) {
        c.unify(c.in(state, 2), hidden);
      }
    }
    for (int o = 0; o < node.outputs().size(); o++) {
      if (!node.node().output(o).isEmpty()) {
        c.unify(c.out(o, -1), hidden);
      }
    }
  }

  /** Steps, batch and directions; and the lengths of the examples. */
  private static void freezeAllButLast(Coupling c) {
    NodeFacts node = c.facts();
    for (int i = 0; i < node.inputs().size(); i++) {
      int carried = i == LENGTHS ? 0 : 1;
      boolean stacked = i == 1 || i == 2;
      for (int axis = 0; node.has(i) && axis < node.input(i).rank() - carried; axis++) {
        if (!stacked || axis == 0) {
          c.freeze(c.in(i, axis), "a recurrent layer runs along it");
        }
      }
    }
    for (int o = 0; o < node.outputs().size(); o++) {
      boolean used = !node.node().output(o).isEmpty();
      for (int axis = 0; used && axis < node.output(o).rank() - 1; axis++) {
        c.freeze(c.out(o, axis), "a recurrent layer runs along it");
      }
    }
  }

  private static void stack(Coupling c, Axis stacked, Axis hidden, int count) {
    int size = (int) hidden.extent();
    IntStream.range(0, count).forEach(i -> c.unify(stacked, i * size, hidden, 0, size));
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    rewrite.attribute("hidden_size", new Attribute.OfInt(rewrite.newInput(2).dim(2)));
  }

  @Override
  public void mask(Masking masking) {
    masking.maskInput(0, 2);
    masking.maskInput(2, 2);
  }

  @Override
  public boolean isParameter(int input) {
    return input >= 1 && input <= BIAS || input == PEEPHOLES;
  }
}
