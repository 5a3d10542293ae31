package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

/** Permutes the axes. */
final class Transpose implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    int[] permutation = permutation(node);
    Shape input = node.input(0);
    long[] dims = new long[permutation.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = input.dim(permutation[i]);
    }
    Shape shape = Shape.of(dims);
    return List.of(
        node.value(0)
            .filter(Fold::isSmall)
            .map(t -> ValueFacts.of(Fold.transpose(t, permutation, shape)))
            .orElse(ValueFacts.of(node.type(0), shape)));
  }

  /** For each axis of the output, the axis of the input. Without the attribute: reversed. */
  private static int[] permutation(NodeFacts node) {
    int rank = node.input(0).rank();
    long[] given = node.node().intsAttribute("perm").orElse(null);
    int[] permutation = new int[rank];
    boolean[] seen = new boolean[rank];
    for (int i = 0; i < rank; i++) {
      permutation[i] = given == null ? rank - 1 - i : node.axis(given[i], rank);
      if (seen[permutation[i]] || (given != null && given.length != rank)) {
        throw node.malformed("perm is no permutation of " + rank + " axes");
      }
      seen[permutation[i]] = true;
    }
    return permutation;
  }

  @Override
  public void couple(Coupling c) {
    int[] permutation = permutation(c.facts());
    for (int i = 0; i < permutation.length; i++) {
      c.unify(c.in(0, permutation[i]), c.out(0, i));
    }
  }
}
