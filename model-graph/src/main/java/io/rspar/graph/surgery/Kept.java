package io.rspar.graph.surgery;

import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.coupling.AxisChannels;
import io.rspar.graph.coupling.DependencyGraph;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Which indices of which axes stay. */
public final class Kept {
  private final DependencyGraph graph;
  private final boolean[][] stays;

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

  /** Indices that stay on an axis, ascending; empty if all do. */
  public Optional<int[]> indices(String value, int axis) {
    Optional<AxisChannels> on = graph.channels(value, axis);
    if (on.isEmpty()) {
      return Optional.empty();
    }
    int[] group = on.get().group();
    int[] channel = on.get().channel();
    int[] kept =
        IntStream.range(0, group.length)
            .filter(i -> group[i] < 0 || stays[group[i]][channel[i]])
            .toArray();
    return kept.length == group.length ? Optional.empty() : Optional.of(kept);
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
  Shape shape(String value) {
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
    return !value.isEmpty() && !shape(value).equals(graph.shapes().shape(value));
  }
}
