package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How a reshape regroups axes: runs of input axes and runs of output axes with the same number of
 * elements, cut as finely as possible. Axes of extent 1 belong to no run.
 *
 * @param segments runs in order
 */
record Regrouping(List<Segment> segments) {
  Regrouping {
    segments = List.copyOf(segments);
  }

  /** A run of input axes that becomes a run of output axes. */
  record Segment(List<Integer> from, List<Integer> to) {
    Segment {
      from = List.copyOf(from);
      to = List.copyOf(to);
    }
  }

  /** Aligns two static shapes with the same, positive number of elements. */
  static Regrouping of(Shape from, Shape to) {
    List<Segment> segments = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (true) {
      i = skipOnes(from, i);
      j = skipOnes(to, j);
      if (i == from.rank() || j == to.rank()) {
        return new Regrouping(segments);
      }
      List<Integer> left = new ArrayList<>(List.of(i));
      List<Integer> right = new ArrayList<>(List.of(j));
      long product = from.dim(i++);
      long target = to.dim(j++);
      while (product != target) {
        if (product < target) {
          i = skipOnes(from, i);
          left.add(i);
          product *= from.dim(i++);
        } else {
          j = skipOnes(to, j);
          right.add(j);
          target *= to.dim(j++);
        }
      }
      segments.add(new Segment(left, right));
    }
  }

  private static int skipOnes(Shape shape, int axis) {
    int next = axis;
    while (next < shape.rank() && shape.dim(next) == 1) {
      next++;
    }
    return next;
  }

  /**
   * Couples input 0 with output 0 of a node that keeps the order of its elements. The regrouping
   * must be the same for all extents that open axes were tried with; else nothing may be cut.
   */
  static void couple(Coupling c) {
    Set<Regrouping> possible = new HashSet<>();
    for (NodeFacts witness : c.witnesses()) {
      if (witness.input(0).elements() == 0) {
        c.freezeAll("it has no elements");
        return;
      }
      possible.add(of(witness.input(0), witness.output(0)));
    }
    if (possible.size() != 1) {
      c.freezeAll("how its axes are regrouped depends on an open axis");
      return;
    }
    freezeOnes(c, c.facts().input(0), true);
    freezeOnes(c, c.facts().output(0), false);
    for (Segment segment : possible.iterator().next().segments()) {
      List<Axis> from = segment.from().stream().map(axis -> c.in(0, axis)).toList();
      List<Axis> to = segment.to().stream().map(axis -> c.out(0, axis)).toList();
      if (from.size() == 1) {
        c.factor(from.get(0), to);
      } else if (to.size() == 1) {
        c.factor(to.get(0), from);
      } else {
        from.forEach(axis -> c.freeze(axis, "it is regrouped across axes"));
        to.forEach(axis -> c.freeze(axis, "it is regrouped across axes"));
      }
    }
  }

  /** Axes of extent 1 come and go; the index of one that exists must stay. */
  private static void freezeOnes(Coupling c, Shape shape, boolean input) {
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (shape.dim(axis) == 1) {
        c.freeze(input ? c.in(0, axis) : c.out(0, axis), "its only index is needed");
      }
    }
  }
}
