package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A list of integers of which some depend on open axes: a target shape with an open batch, say.
 *
 * @param values the integers; anything where open
 * @param open which of them are only known when the model runs
 * @param times factor of an open one after a cut: where heads are merged with an open batch, the
 *     number of heads that stay
 * @param over divisor of an open one after a cut: the number of heads before it
 */
// Plain arrays: read in inner loops, never compared and never changed.
@SuppressWarnings("ArrayRecordComponent")
public record PartlyKnown(long[] values, boolean[] open, long[] times, long[] over) {
  public PartlyKnown(long[] values, boolean[] open) {
    this(values, open, ones(values.length), ones(values.length));
  }

  private static long[] ones(int length) {
    long[] ones = new long[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** An input of a node; empty if not even its length is known. */
  public static Optional<PartlyKnown> of(List<NodeFacts> witnesses, int input) {
    List<long[]> seen = new ArrayList<>();
    for (NodeFacts witness : witnesses) {
      Optional<long[]> values = witness.integers(input);
      if (values.isEmpty() || (!seen.isEmpty() && seen.get(0).length != values.get().length)) {
        return Optional.empty();
      }
      seen.add(values.get());
    }
    long[] values = seen.get(0).clone();
    boolean[] open = new boolean[values.length];
    for (int i = 0; i < open.length; i++) {
      int at = i;
      open[i] = seen.stream().anyMatch(s -> s[at] != values[at]);
    }
    return Optional.of(new PartlyKnown(values, open));
  }

  /** Extents as a target shape: open axes are open elements. */
  public static PartlyKnown ofExtents(Shape shape) {
    long[] values = shape.toArray();
    boolean[] open = new boolean[values.length];
    for (int i = 0; i < open.length; i++) {
      open[i] = values[i] == Shape.UNKNOWN;
    }
    return new PartlyKnown(values, open);
  }

  /**
   * Extents after a cut as a target shape. An open one is computed as before, times the part of it
   * that stays.
   *
   * @param given the target before the cut; an element that is not positive stands for an extent
   * @param before the extents for each choice of the open axes
   * @param after the same after the cut
   */
  public static PartlyKnown ofExtents(
      Optional<PartlyKnown> given, List<Shape> before, List<Shape> after) {
    long[] values = after.get(0).toArray();
    PartlyKnown extents = new PartlyKnown(values, new boolean[values.length]);
    for (int i = 0; i < values.length; i++) {
      int axis = i;
      extents.open[i] = after.stream().anyMatch(shape -> shape.dim(axis) != values[axis]);
      if (extents.open[i] && given.isPresent() && given.get().values[i] > 0) {
        long common = commonDivisor(before.get(0).dim(i), values[i]);
        extents.times[i] = values[i] / common;
        extents.over[i] = before.get(0).dim(i) / common;
      }
    }
    return extents;
  }

  private static long commonDivisor(long a, long b) {
    return b == 0 ? a : commonDivisor(b, a % b);
  }

  public boolean isKnown() {
    for (boolean o : open) {
      if (o) {
        return false;
      }
    }
    return true;
  }

  /** Whether another list has the same open integers, unchanged, and the same known ones. */
  public boolean sameKnown(PartlyKnown other) {
    if (!Arrays.equals(open, other.open)) {
      return false;
    }
    for (int i = 0; i < open.length; i++) {
      if (open[i] ? times[i] != over[i] : values[i] != other.values[i]) {
        return false;
      }
    }
    return true;
  }
}
