package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Takes a range of indices, with a step, along some axes. */
final class Slice implements Operator {
  /** The range on one axis: {@code count} indices from {@code start} on. */
  private record Range(int axis, long start, long step, long count) {}

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Optional<List<Range>> ranges = ranges(node);
    if (ranges.isEmpty()) {
      return List.of(ValueFacts.of(node.type(0), Shape.UNRANKED));
    }
    Shape shape = node.input(0);
    Optional<Tensor> value = node.value(0).filter(Fold::isSmall);
    for (Range range : ranges.get()) {
      shape = shape.withDim(range.axis(), range.count());
      if (value.isPresent()) {
        int[] indices = Fold.range((int) range.start(), (int) range.count(), (int) range.step());
        value = value.map(t -> t.take(range.axis(), indices));
      }
    }
    Shape result = shape;
    return List.of(value.map(ValueFacts::of).orElseGet(() -> ValueFacts.of(node.type(0), result)));
  }

  private static Optional<List<Range>> ranges(NodeFacts node) {
    Optional<long[]> starts = node.integers("starts", 1);
    Optional<long[]> ends = node.integers("ends", 2);
    boolean unknownAxes = node.has(3) && node.integers(3).isEmpty();
    boolean unknownSteps = node.has(4) && node.integers(4).isEmpty();
    if (starts.isEmpty() || ends.isEmpty() || unknownAxes || unknownSteps) {
      return Optional.empty();
    }
    int count = starts.get().length;
    long[] axes = node.integers("axes", 3).orElseGet(() -> firstAxes(count));
    long[] steps =
        node.integers(4)
            .orElseGet(
                () -> {
                  long[] ones = new long[count];
                  Arrays.fill(ones, 1);
                  return ones;
                });
    if (ends.get().length != count || axes.length != count || steps.length != count) {
      throw node.malformed("starts, ends, axes and steps are not of one length");
    }
    Range[] ranges = new Range[count];
    for (int i = 0; i < count; i++) {
      int axis = node.axis(axes[i], node.input(0).rank());
      ranges[i] = range(node, axis, starts.get()[i], ends.get()[i], steps[i]);
    }
    return Optional.of(List.of(ranges));
  }

  private static long[] firstAxes(int count) {
    long[] axes = new long[count];
    Arrays.setAll(axes, i -> i);
    return axes;
  }

  /** Negative positions count from the end; what lies outside is clamped. */
  private static Range range(NodeFacts node, int axis, long start, long end, long step) {
    long extent = node.input(0).dim(axis);
    if (step == 0) {
      throw node.malformed("a step of 0");
    }
    long lowest = step > 0 ? 0 : -1;
    long highest = step > 0 ? extent : extent - 1;
    long from = clamp(start < 0 ? start + extent : start, Math.max(0, lowest), highest);
    long to = clamp(end < 0 ? end + extent : end, lowest, highest);
    long count =
        step > 0
            ? Math.max(0, (to - from + step - 1) / step)
            : Math.max(0, (from - to - step - 1) / -step);
    return new Range(axis, from, step, count);
  }

  private static long clamp(long value, long low, long high) {
    return Math.max(low, Math.min(high, value));
  }

  @Override
  public void couple(Coupling c) {
    if (!isPinned(c.facts())) {
      c.freezeAll("its axes depend on an open axis");
      for (int i = 1; i < c.facts().inputs().size(); i++) {
        c.keepsDescription(i);
      }
      return;
    }
    Optional<PartlyKnown> starts = PartlyKnown.of(c.witnesses(), 1);
    Optional<PartlyKnown> ends = PartlyKnown.of(c.witnesses(), 2);
    starts.ifPresent(s -> c.keepsElements(1, s.open()));
    ends.ifPresent(e -> c.keepsElements(2, e.open()));
    List<Range> ranges = ranges(c.witnesses().get(0)).orElseThrow();
    boolean[] sliced = new boolean[c.facts().input(0).rank()];
    for (int i = 0; i < ranges.size(); i++) {
      Range range = ranges.get(i);
      sliced[range.axis()] = true;
      Axis in = c.in(0, range.axis());
      Axis out = c.out(0, range.axis());
      int at = i;
      boolean open =
          starts.map(s -> s.open()[at]).orElse(false) || ends.map(e -> e.open()[at]).orElse(false);
      if (open || in.extent() == Shape.UNKNOWN || out.extent() == Shape.UNKNOWN) {
        c.freeze(in, "it is sliced at an open position");
        c.freeze(out, "it is sliced at an open position");
      } else {
        for (int k = 0; k < range.count(); k++) {
          c.unify(in, (int) (range.start() + k * range.step()), out, k, 1);
        }
      }
    }
    for (int axis = 0; axis < sliced.length; axis++) {
      if (!sliced[axis]) {
        c.unify(c.in(0, axis), c.out(0, axis));
      }
    }
  }

  /** Whether axes and steps are the same for all extents of open axes. */
  private static boolean isPinned(NodeFacts facts) {
    return (!facts.has(3) || facts.integers(3).isPresent())
        && (!facts.has(4) || facts.integers(4).isPresent());
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    NodeFacts node = rewrite.facts();
    if (!isPinned(node)) {
      return;
    }
    NodeFacts witness = rewrite.witnesses().get(0);
    long[] starts = witness.integers("starts", 1).orElseThrow().clone();
    long[] ends = witness.integers("ends", 2).orElseThrow().clone();
    List<Range> ranges = ranges(witness).orElseThrow();
    long[] steps = ranges.stream().mapToLong(Range::step).toArray();
    for (int i = 0; i < starts.length; i++) {
      Range range = ranges.get(i);
      Shape input = node.input(0);
      if (!input.isKnown(range.axis())
          || rewrite.newInput(0).dim(range.axis()) == input.dim(range.axis())) {
        continue;
      }
      if (range.step() != 1) {
        starts[i] = 0;
        ends[i] = gather(rewrite, range);
        steps[i] = 1;
        continue;
      }
      int[] kept = rewrite.keptInput(0, range.axis());
      long end = range.start() + range.count();
      starts[i] = Arrays.stream(kept).filter(k -> k < range.start()).count();
      ends[i] = Arrays.stream(kept).filter(k -> k < end).count();
    }
    if (node.node().intsAttribute("starts").isPresent()) {
      rewrite.attribute("starts", new Attribute.OfInts(Arrays.stream(starts).boxed().toList()));
      rewrite.attribute("ends", new Attribute.OfInts(Arrays.stream(ends).boxed().toList()));
      return;
    }
    PartlyKnown oldStarts = PartlyKnown.of(rewrite.witnesses(), 1).orElseThrow();
    PartlyKnown oldEnds = PartlyKnown.of(rewrite.witnesses(), 2).orElseThrow();
    rewrite.integers(1, new PartlyKnown(starts, oldStarts.open()));
    rewrite.integers(2, new PartlyKnown(ends, oldEnds.open()));
    witness.integers(3).ifPresent(axes -> rewrite.constantInput(3, vector(axes)));
    if (node.has(4)) {
      rewrite.constantInput(4, vector(steps));
    }
  }

  private static Tensor vector(long[] values) {
    return Tensor.ofLongs(Shape.of(values.length), values);
  }

  /**
   * What stays of every second index, say, lies at uneven distances: it is looked up one by one.
   *
   * @return number of indices that stay
   */
  private static int gather(Rewrite rewrite, Range range) {
    Map<Integer, Integer> moved = new HashMap<>();
    for (int old : rewrite.keptInput(0, range.axis())) {
      moved.put(old, moved.size());
    }
    int[] indices =
        Arrays.stream(rewrite.keptOutput(0, range.axis()))
            .map(o -> moved.get((int) (range.start() + o * range.step())))
            .toArray();
    rewrite.gatherInput(0, range.axis(), indices);
    return indices.length;
  }

  @Override
  public boolean readsAsDescription(int input) {
    return input >= 1;
  }
}
