package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

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
        coupleThroughParts(c, from, to);
      }
    }
  }

  /**
   * Several axes become several others: channels × height × width, say, become groups × the rest of
   * each group. Both are products of smaller parts, if the borders of the ones divide those of the
   * others.
   */
  private static void coupleThroughParts(Coupling c, List<Axis> from, List<Axis> to) {
    List<Axis> all = Stream.concat(from.stream(), to.stream()).toList();
    if (all.stream().anyMatch(axis -> axis.extent() == Shape.UNKNOWN)) {
      all.forEach(axis -> c.freeze(axis, "it is regrouped with an open axis"));
      return;
    }
    SortedSet<Long> borders = new TreeSet<>(borders(from));
    borders.addAll(borders(to));
    NavigableMap<Long, Axis> parts = new TreeMap<>();
    long inner = 1;
    for (long border : borders) {
      if (border % inner != 0) {
        all.forEach(axis -> c.freeze(axis, "it is regrouped across axes"));
        return;
      }
      if (border > inner) {
        parts.put(inner, c.part(border / inner));
      }
      inner = border;
    }
    factor(c, from, parts);
    factor(c, to, parts);
  }

  /** For each axis, the number of elements of one of its indices; and that of all axes. */
  private static List<Long> borders(List<Axis> axes) {
    List<Long> borders = new ArrayList<>(List.of(1L));
    long inner = 1;
    for (int i = axes.size() - 1; i >= 0; i--) {
      inner *= axes.get(i).extent();
      borders.add(inner);
    }
    return borders;
  }

  private static void factor(Coupling c, List<Axis> axes, NavigableMap<Long, Axis> parts) {
    long inner = 1;
    for (int i = axes.size() - 1; i >= 0; i--) {
      long outer = inner * axes.get(i).extent();
      c.factor(
          axes.get(i),
          List.copyOf(parts.subMap(inner, true, outer, false).descendingMap().values()));
      inner = outer;
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
