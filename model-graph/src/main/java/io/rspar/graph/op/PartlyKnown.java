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
 */
// Plain arrays: read in inner loops, never compared and never changed.
@SuppressWarnings("ArrayRecordComponent")
public record PartlyKnown(long[] values, boolean[] open) {
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

  public boolean isKnown() {
    for (boolean o : open) {
      if (o) {
        return false;
      }
    }
    return true;
  }

  /** Whether the known integers are the same as in another list with the same open ones. */
  public boolean sameKnown(PartlyKnown other) {
    if (!Arrays.equals(open, other.open)) {
      return false;
    }
    for (int i = 0; i < open.length; i++) {
      if (!open[i] && values[i] != other.values[i]) {
        return false;
      }
    }
    return true;
  }
}
