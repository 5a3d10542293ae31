package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

/** alpha · A' · B' + beta · C with A' of M × K, B' of K × N and C broadcast to M × N. */
final class Gemm implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape a = node.input(0);
    Shape b = node.input(1);
    if (a.rank() != 2 || b.rank() != 2) {
      throw node.malformed("A " + a + " and B " + b + " must be matrices");
    }
    int rowsOfA = rowsOfA(node);
    int columnsOfB = columnsOfB(node);
    if (a.dim(1 - rowsOfA) != b.dim(1 - columnsOfB)) {
      throw node.malformed("A " + a + " cannot be multiplied by B " + b);
    }
    Shape shape = Shape.of(a.dim(rowsOfA), b.dim(columnsOfB));
    if (node.has(2) && !Broadcast.shape(node, List.of(shape, node.input(2))).equals(shape)) {
      throw node.malformed("C " + node.input(2) + " cannot be broadcast to " + shape);
    }
    return List.of(ValueFacts.of(node.type(0), shape));
  }

  private static int rowsOfA(NodeShapes node) {
    return node.node().intAttribute("transA", 0) != 0 ? 1 : 0;
  }

  private static int columnsOfB(NodeShapes node) {
    return node.node().intAttribute("transB", 0) != 0 ? 0 : 1;
  }

  @Override
  public long macs(NodeShapes node) {
    return Math.multiplyExact(node.output(0).elements(), node.input(0).dim(1 - rowsOfA(node)));
  }

  @Override
  public void mask(Masking masking) {
    masking.maskInput(0, 1 - rowsOfA(masking.facts()));
    masking.maskInput(1, 1 - columnsOfB(masking.facts()));
  }

  @Override
  public void couple(Coupling c) {
    int rowsOfA = rowsOfA(c.facts());
    int columnsOfB = columnsOfB(c.facts());
    Axis rows = c.in(0, rowsOfA);
    Axis columns = c.in(1, columnsOfB);
    c.unify(rows, c.out(0, 0));
    c.unify(columns, c.out(0, 1));
    Contraction.couple(c, c.in(0, 1 - rowsOfA), rows, c.in(1, 1 - columnsOfB), columns);
    if (c.facts().has(2)) {
      Broadcast.couple(c, 2, 0);
      if (c.facts().isConstant(2)) {
        c.role(c.in(2, -1), Role.PRODUCER);
      }
    }
  }
}
