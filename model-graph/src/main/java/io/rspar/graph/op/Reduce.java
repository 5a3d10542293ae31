package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * ReduceMean, ReduceSum, ReduceMax and their like: some axes collapse to one value. A collapsed
 * axis can be cut; the value then is that of the indices that stay, which for a mean is divided by
 * their number. That is how a normalisation whose exporter wrote it in single steps is cut.
 */
final class Reduce implements Operator {
  /** {@code Where}, which hides an element from a comparison, exists from this version on. */
  private static final long OPSET_WITH_WHERE = 9;

  private final double neutral;

  /**
   * A reduction.
   *
   * @param neutral the element that the reduction does not notice
   */
  Reduce(double neutral) {
    this.neutral = neutral;
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Optional<SortedSet<Integer>> axes = axes(node);
    if (axes.isEmpty()) {
      return List.of(ValueFacts.UNKNOWN);
    }
    boolean keep = keepsDims(node);
    List<Long> dims = new ArrayList<>();
    for (int axis = 0; axis < node.input(0).rank(); axis++) {
      if (!axes.get().contains(axis)) {
        dims.add(node.input(0).dim(axis));
      } else if (keep) {
        dims.add(1L);
      }
    }
    return List.of(ValueFacts.of(node.type(0), Shape.of(dims)));
  }

  private static boolean keepsDims(NodeFacts node) {
    return node.node().intAttribute("keepdims", 1) != 0;
  }

  private static Optional<SortedSet<Integer>> axes(NodeFacts node) {
    if (node.has(1) && node.integers(1).isEmpty()) {
      return Optional.empty();
    }
    long[] given = node.integers("axes", 1).orElse(new long[0]);
    int rank = node.input(0).rank();
    SortedSet<Integer> axes = new TreeSet<>();
    Arrays.stream(given).forEach(axis -> axes.add(node.axis(axis, rank)));
    if (given.length == 0 && node.node().intAttribute("noop_with_empty_axes", 0) == 0) {
      for (int axis = 0; axis < rank; axis++) {
        axes.add(axis);
      }
    }
    return Optional.of(axes);
  }

  @Override
  public void couple(Coupling c) {
    if (c.facts().has(1)) {
      c.keepsDescription(1);
    }
    SortedSet<Integer> axes = axes(c.witnesses().get(0)).orElseThrow();
    boolean keep = keepsDims(c.facts());
    int target = 0;
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      if (axes.contains(axis)) {
        if (!isMaskable(c.facts()) || !c.facts().input(0).isKnown(axis)) {
          c.freeze(c.in(0, axis), "the reduction mixes its indices");
        }
        target += keep ? 1 : 0;
      } else {
        c.unify(c.in(0, axis), c.out(0, target++));
      }
    }
  }

  /** Whether elements can be hidden from the reduction: integers have no infinity. */
  private boolean isMaskable(NodeFacts node) {
    return neutral == 0
        || (node.inputs().get(0).isFloatingPoint() && node.opset() >= OPSET_WITH_WHERE);
  }

  @Override
  public void mask(Masking masking) {
    NodeFacts node = masking.facts();
    List<Integer> axes = List.copyOf(axes(masking.witnesses().get(0)).orElseThrow());
    masking.replaceInput(0, masking.masked(node.node().input(0), 0, axes, neutral));
    double share = masking.keptShare(0, axes);
    if (node.node().opType().equals("ReduceMean") && share < 1) {
      String mean = masking.replacedNode();
      masking.replaceNode(masking.node("Div", mean, masking.scalar(share)));
    }
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input == 1;
  }
}
