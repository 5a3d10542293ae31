package io.rspar.graph.coupling;

import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Shape;
import io.rspar.graph.op.Axis;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * One id for every index of every axis of every value. An open axis has as many as its period:
 * index i has id i modulo the period.
 */
final class IdSpace {
  /** 2²⁸ ids take 2 GiB, more than any network's axes together. */
  private static final long MAX_IDS = 1L << 28;

  private final Map<String, int[]> starts = new HashMap<>();
  private final Map<String, Shape> shapes = new HashMap<>();
  private final Set<String> values = new LinkedHashSet<>();
  private long size;
  private int parts;

  /** Gives ids to a value with these periods; one without a known rank gets none. */
  void add(String value, Shape shape) {
    if (!shape.isRanked() || starts.containsKey(value)) {
      return;
    }
    values.add(value);
    addAxes(value, shape);
  }

  private void addAxes(String value, Shape shape) {
    int[] first = new int[shape.rank()];
    for (int axis = 0; axis < first.length; axis++) {
      first[axis] = (int) size;
      size += Math.max(0, shape.dim(axis));
      if (size > MAX_IDS) {
        throw new InvalidModelException(
            InvalidModelException.Kind.TOO_LARGE,
            "the axes of all values have more than " + MAX_IDS + " indices together",
            "fix open axes to smaller extents or split the model");
      }
    }
    starts.put(value, first);
    shapes.put(value, shape);
  }

  /**
   * Gives ids to an axis that belongs to no value.
   *
   * @param node name of the node that needs it
   * @param extent {@link Shape#UNKNOWN} if it is open
   */
  Axis addPart(String node, long extent, long period) {
    String name = "part " + parts++ + " of " + node;
    while (starts.containsKey(name)) {
      name = "part " + parts++ + " of " + node;
    }
    addAxes(name, Shape.of(period));
    return new Axis(name, 0, extent);
  }

  int size() {
    return (int) size;
  }

  /** Names of the values that have ids, in the order in which they were added. */
  Set<String> values() {
    return values;
  }

  boolean contains(String value) {
    return starts.containsKey(value);
  }

  int rank(String value) {
    return starts.get(value).length;
  }

  /** Number of ids on an axis: its extent, or its period if it is open. */
  int extent(String value, int axis) {
    return (int) Math.max(0, shapes.get(value).dim(axis));
  }

  /** Id of index 0 on an axis; the others follow. */
  int first(String value, int axis) {
    return starts.get(value)[axis];
  }
}
