package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

/**
 * Matrix product over the last two axes, batched over the others with broadcasting. A vector as
 * first or second factor is a row or a column, whose axis does not appear in the output. ONNX
 * Runtime's FusedMatMul is the same with either matrix transposed.
 */
final class MatMul implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape a = node.input(0);
    Shape b = node.input(1);
    if (a.rank() == 0 || b.rank() == 0) {
      throw node.malformed("a scalar cannot be multiplied as a matrix");
    }
    if (a.dim(summedOfA(node)) != b.dim(summedOfB(node))) {
      throw node.malformed(a + " cannot be multiplied by " + b);
    }
    Shape batch = Broadcast.shape(node, List.of(batch(a), batch(b)));
    long[] dims = new long[batch.rank() + (a.rank() > 1 ? 1 : 0) + (b.rank() > 1 ? 1 : 0)];
    int axis = 0;
    for (; axis < batch.rank(); axis++) {
      dims[axis] = batch.dim(axis);
    }
    if (a.rank() > 1) {
      dims[axis++] = a.dim(keptOf(summedOfA(node)));
    }
    if (b.rank() > 1) {
      dims[axis] = b.dim(keptOf(summedOfB(node)));
    }
    return List.of(ValueFacts.of(node.type(0), Shape.of(dims)));
  }

  /** The axis of the first factor that is summed over, counted from the last. */
  private static int summedOfA(NodeShapes node) {
    return node.node().intAttribute("transA", 0) != 0 ? -2 : -1;
  }

  private static int summedOfB(NodeShapes node) {
    boolean last = node.node().intAttribute("transB", 0) != 0 || node.input(1).rank() == 1;
    return last ? -1 : -2;
  }

  /** The other axis of a matrix. */
  private static int keptOf(int summed) {
    return -3 - summed;
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
    return Math.multiplyExact(node.output(0).elements(), node.input(0).dim(summedOfA(node)));
  }

  @Override
  public void mask(Masking masking) {
    NodeFacts node = masking.facts();
    masking.maskInput(0, node.input(0).rank() + summedOfA(node));
    masking.maskInput(1, node.input(1).rank() + summedOfB(node));
  }

  @Override
  public void couple(Coupling c) {
    if (c.facts().input(0).rank() < 2 || c.facts().input(1).rank() < 2) {
      c.freezeAll("a factor is a vector");
      return;
    }
    int a = summedOfA(c.facts());
    int b = summedOfB(c.facts());
    c.unify(c.in(0, keptOf(a)), c.out(0, -2));
    c.unify(c.in(1, keptOf(b)), c.out(0, -1));
    Contraction.couple(c, c.in(0, a), c.in(0, keptOf(a)), c.in(1, b), c.in(1, keptOf(b)));
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
