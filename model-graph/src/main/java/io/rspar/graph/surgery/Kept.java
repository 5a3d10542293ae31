package io.rspar.graph.surgery;

import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.coupling.AxisChannels;
import io.rspar.graph.coupling.DependencyGraph;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** Which indices of which axes stay. */
public final class Kept {
  private final DependencyGraph graph;
  private final boolean[][] stays;

  /** For each value that was asked for, what stays on each axis. */
  private final Map<String, List<Optional<int[]>>> known = new ConcurrentHashMap<>();

  /**
   * @throws io.rspar.graph.InvalidModelException INVALID_CUT if the plan does not fit the graph
   */
  public Kept(DependencyGraph graph, PruningPlan plan) {
    plan.requireFits(graph);
    this.graph = graph;
    this.stays = new boolean[graph.groups().size()][];
    for (int g = 0; g < stays.length; g++) {
      int width = graph.groups().get(g).width();
      stays[g] = new boolean[width];
      List<Integer> kept =
          plan.kept()
              .getOrDefault(graph.groups().get(g).id(), IntStream.range(0, width).boxed().toList());
      for (int channel : kept) {
        stays[g][channel] = true;
      }
    }
  }

  /** The graph whose channels these are. */
  public DependencyGraph dependencies() {
    return graph;
  }

  /**
   * Whether a channel stays.
   *
   * @param group position of its group in {@link DependencyGraph#groups}
   */
  public boolean stays(int group, int channel) {
    return stays[group][channel];
  }

  /** Indices that stay on an axis, ascending; empty if all do, or the axis is open. */
  public Optional<int[]> indices(String value, int axis) {
    return firstIndices(value, axis).filter(i -> graph.shapes().shape(value).isKnown(axis));
  }

  /** As {@link #indices}; of an open axis those of its first period. */
  private Optional<int[]> firstIndices(String value, int axis) {
    List<Optional<int[]>> axes = known.computeIfAbsent(value, this::firstIndices);
    return axis < axes.size() ? axes.get(axis) : Optional.empty();
  }

  private List<Optional<int[]>> firstIndices(String value) {
    boolean ranked = graph.shapes().has(value) && graph.shapes().shape(value).isRanked();
    int rank = ranked ? graph.shapes().shape(value).rank() : 0;
    return IntStream.range(0, rank).mapToObj(axis -> staying(value, axis)).toList();
  }

  private Optional<int[]> staying(String value, int axis) {
    return graph
        .channels(value, axis)
        .map(on -> IntStream.range(0, on.group().length).filter(i -> stays(on, i)).toArray())
        .filter(kept -> kept.length < graph.shapes().periods(value).dim(axis));
  }

  private boolean stays(AxisChannels on, int index) {
    return on.group()[index] < 0 || stays[on.group()[index]][on.channel()[index]];
  }

  /** Indices that stay on an axis of this extent, ascending. */
  int[] allIndices(String value, int axis, int extent) {
    return indices(value, axis).orElseGet(() -> IntStream.range(0, extent).toArray());
  }

  /** Whether the value has the number of axes that is declared of it. */
  boolean hasRank(ValueInfo declared) {
    Shape shape = graph.shapes().shape(declared.name());
    return !declared.shape().isRanked()
        || !shape.isRanked()
        || shape.rank() == declared.shape().rank();
  }

  /** Whether the value is one of the original graph. */
  boolean knows(String value) {
    return graph.shapes().has(value);
  }

  /** Shape of a value after the cut. */
  public Shape shape(String value) {
    Shape shape = graph.shapes().shape(value);
    if (!shape.isRanked()) {
      return shape;
    }
    Shape cut = shape;
    for (int axis = 0; axis < shape.rank(); axis++) {
      Optional<int[]> kept = indices(value, axis);
      if (kept.isPresent()) {
        cut = cut.withDim(axis, kept.get().length);
      }
    }
    return cut;
  }

  /** Shape of a value after the cut where it was this one before, without open axes. */
  Shape shape(String value, Shape before) {
    Shape cut = before;
    for (int axis = 0; axis < before.rank(); axis++) {
      Optional<int[]> kept = firstIndices(value, axis);
      if (kept.isPresent()) {
        long period = graph.shapes().periods(value).dim(axis);
        cut = cut.withDim(axis, before.dim(axis) / period * kept.get().length);
      }
    }
    return cut;
  }

  /** A weight after the cut; the same object if nothing of it goes. */
  public Tensor slice(String value, Tensor tensor) {
    Tensor cut = tensor;
    for (int axis = 0; axis < tensor.shape().rank(); axis++) {
      Optional<int[]> kept = indices(value, axis);
      if (kept.isPresent()) {
        cut = cut.take(axis, kept.get());
      }
    }
    return cut;
  }

  /** Whether the value gets smaller. */
  boolean shrinks(String value) {
    if (value.isEmpty() || !graph.shapes().shape(value).isRanked()) {
      return false;
    }
    for (int axis = 0; axis < graph.shapes().shape(value).rank(); axis++) {
      if (firstIndices(value, axis).isPresent()) {
        return true;
      }
    }
    return false;
  }
}
