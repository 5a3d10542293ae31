package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * How a reshape regroups axes: runs of input axes and runs of output axes with the same number of
 * elements whatever the open axes are, cut as finely as possible. Axes of extent 1 belong to no
 * run.
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

  /**
   * Aligns pairs of static shapes with the same, positive number of elements.
   *
   * @param from a shape for each choice of the open axes; all of one rank
   * @param to for the same choices
   */
  static Regrouping of(List<Shape> from, List<Shape> to) {
    List<Segment> segments = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (true) {
      i = skipOnes(from, i);
      j = skipOnes(to, j);
      if (i == rank(from) || j == rank(to)) {
        return new Regrouping(segments);
      }
      List<Integer> left = new ArrayList<>(List.of(i));
      List<Integer> right = new ArrayList<>(List.of(j));
      long[] product = times(from, i++, ones(from));
      long[] target = times(to, j++, ones(to));
      while (!Arrays.equals(product, target)) {
        i = skipOnes(from, i);
        j = skipOnes(to, j);
        boolean behind = isBelow(product, target);
        // Where neither is below the other in all choices, the run goes on on both sides.
        if (i < rank(from) && (behind || j == rank(to))) {
          left.add(i);
          product = times(from, i++, product);
        } else {
          right.add(j);
          target = times(to, j++, target);
        }
      }
      segments.add(new Segment(left, right));
    }
  }

  private static int rank(List<Shape> shapes) {
    return shapes.get(0).rank();
  }

  private static long[] ones(List<Shape> shapes) {
    long[] ones = new long[shapes.size()];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static long[] times(List<Shape> shapes, int axis, long[] product) {
    long[] times = product.clone();
    Arrays.setAll(times, w -> times[w] * shapes.get(w).dim(axis));
    return times;
  }

  private static boolean isBelow(long[] product, long[] target) {
    return IntStream.range(0, product.length).allMatch(w -> product[w] <= target[w]);
  }

  private static int skipOnes(List<Shape> shapes, int axis) {
    int next = axis;
    while (next < rank(shapes) && isOne(shapes, next)) {
      next++;
    }
    return next;
  }

  private static boolean isOne(List<Shape> shapes, int axis) {
    return shapes.stream().allMatch(shape -> shape.dim(axis) == 1);
  }

  /** Couples input 0 with output 0 of a node that keeps the order of its elements. */
  static void couple(Coupling c) {
    List<Shape> before = c.witnesses().stream().map(w -> w.input(0)).toList();
    List<Shape> after = c.witnesses().stream().map(w -> w.output(0)).toList();
    if (before.stream().anyMatch(shape -> shape.elements() == 0)) {
      c.freezeAll("it has no elements");
      return;
    }
    freezeOnes(c, c.facts().input(0), true);
    freezeOnes(c, c.facts().output(0), false);
    for (Segment segment : of(before, after).segments()) {
      Side from = new Side(segment.from(), axis -> c.in(0, axis), before);
      Side to = new Side(segment.to(), axis -> c.out(0, axis), after);
      if (from.numbers().size() == 1) {
        c.factor(from.axes().get(0), to.axes());
      } else if (to.numbers().size() == 1) {
        c.factor(to.axes().get(0), from.axes());
      } else {
        coupleThroughParts(c, from, to);
      }
    }
  }

  /** The axes of a run on one side. */
  private record Side(List<Integer> numbers, IntFunction<Axis> axis, List<Shape> shapes) {
    List<Axis> axes() {
      return numbers.stream().map(axis::apply).toList();
    }

    /**
     * For each axis, from the last, the number of elements of one of its indices, and at the end
     * that of all axes; each for all choices of the open axes.
     */
    List<long[]> borders() {
      List<long[]> borders = new ArrayList<>(List.of(ones(shapes)));
      for (int i = numbers.size() - 1; i >= 0; i--) {
        borders.add(times(shapes, numbers.get(i), borders.get(borders.size() - 1)));
      }
      return borders;
    }
  }

  /**
   * Several axes become several others: channels × height × width, say, become groups × the rest of
   * each group. Both are products of smaller parts, if the borders of the ones divide those of the
   * others.
   */
  private static void coupleThroughParts(Coupling c, Side from, Side to) {
    List<long[]> borders = new ArrayList<>(from.borders());
    borders.addAll(to.borders());
    borders.sort(Arrays::compare);
    List<long[]> inner = new ArrayList<>();
    List<Axis> parts = new ArrayList<>();
    long[] last = borders.get(0);
    for (long[] border : borders) {
      long[] extents = new long[border.length];
      for (int w = 0; w < extents.length; w++) {
        if (border[w] % last[w] != 0) {
          from.axes().forEach(axis -> c.freeze(axis, "it is regrouped across axes"));
          to.axes().forEach(axis -> c.freeze(axis, "it is regrouped across axes"));
          return;
        }
        extents[w] = border[w] / last[w];
      }
      if (Arrays.stream(extents).anyMatch(extent -> extent > 1)) {
        inner.add(last);
        parts.add(c.part(extents));
      }
      last = border;
    }
    factor(c, from, inner, parts);
    factor(c, to, inner, parts);
  }

  /** Each axis is the product of the parts between its own borders. */
  private static void factor(Coupling c, Side side, List<long[]> inner, List<Axis> parts) {
    List<long[]> borders = side.borders();
    List<Axis> axes = side.axes();
    for (int i = 0; i < axes.size(); i++) {
      int low = axes.size() - 1 - i;
      List<Axis> factors = new ArrayList<>();
      for (int p = 0; p < parts.size(); p++) {
        boolean inside =
            Arrays.compare(inner.get(p), borders.get(low)) >= 0
                && Arrays.compare(inner.get(p), borders.get(low + 1)) < 0;
        if (inside) {
          factors.add(0, parts.get(p));
        }
      }
      c.factor(axes.get(i), factors);
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
