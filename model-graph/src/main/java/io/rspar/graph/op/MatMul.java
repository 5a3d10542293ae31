package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

/**
 * Matrix product over the last two axes, batched over the others with broadcasting. A vector as
 * first or second factor is a row or a column, whose axis does not appear in the output.
 */
final class MatMul implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape a = node.input(0);
    Shape b = node.input(1);
    if (a.rank() == 0 || b.rank() == 0) {
      throw node.malformed("a scalar cannot be multiplied as a matrix");
    }
    if (a.dim(-1) != b.dim(b.rank() == 1 ? 0 : -2)) {
      throw node.malformed(a + " cannot be multiplied by " + b);
    }
    Shape batch = Broadcast.shape(node, List.of(batch(a), batch(b)));
    long[] dims = new long[batch.rank() + (a.rank() > 1 ? 1 : 0) + (b.rank() > 1 ? 1 : 0)];
    int axis = 0;
    for (; axis < batch.rank(); axis++) {
      dims[axis] = batch.dim(axis);
    }
    if (a.rank() > 1) {
      dims[axis++] = a.dim(-2);
    }
    if (b.rank() > 1) {
      dims[axis] = b.dim(-1);
    }
    return List.of(ValueFacts.of(node.type(0), Shape.of(dims)));
  }

  private static Shape batch(Shape shape) {
    long[] dims = new long[Math.max(0, shape.rank() - 2)];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i);
    }
    return Shape.of(dims);
  }

  @Override
  public long macs(NodeShapes node) {
    return Math.multiplyExact(node.output(0).elements(), node.input(0).dim(-1));
  }

  @Override
  public void mask(Masking masking) {
    masking.maskInput(0, masking.facts().input(0).rank() - 1);
    masking.maskInput(1, masking.facts().input(1).rank() - 2);
  }

  @Override
  public void couple(Coupling c) {
    if (c.facts().input(0).rank() < 2 || c.facts().input(1).rank() < 2) {
      c.freezeAll("a factor is a vector");
      return;
    }
    c.unify(c.in(0, -2), c.out(0, -2));
    c.unify(c.in(1, -1), c.out(0, -1));
    Contraction.couple(c, c.in(0, -1), c.in(0, -2), c.in(1, -2), c.in(1, -1));
    Broadcast.couple(c, 0, 2);
    Broadcast.couple(c, 1, 2);
    for (int i = 0; i < 2; i++) {
      for (int axis = 0; axis < c.facts().input(i).rank() - 2; axis++) {
        // One matrix of a stack computes one index of the batch axis, from nothing but itself.
        if (c.facts().isConstant(i)) {
          c.role(c.in(i, axis), Role.PARAMETER);
        }
      }
    }
  }
}
