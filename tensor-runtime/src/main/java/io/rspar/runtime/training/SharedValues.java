package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.shape.Shapes;
import io.rspar.graph.surgery.Kept;
import io.rspar.runtime.kernel.Axes;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What the weighted layers of a cut network read, each with its counterpart in the original: the
 * same value, without the channels that were removed. The network's inputs are none of them.
 */
public final class SharedValues {
  private static final Set<String> LAYERS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

  /** Per value what stays on each axis of the original's; empty = all. */
  private final Map<String, List<Optional<int[]>>> kept;

  private SharedValues(Map<String, List<Optional<int[]>>> kept) {
    this.kept = kept;
  }

  /**
   * Those of a cut network. A value whose shape is not the rest of the original's is left out.
   *
   * @param kept which channels of the original it has
   */
  public static SharedValues of(Graph cut, Kept kept) {
    Shapes before = kept.dependencies().shapes();
    Shapes after = Shapes.infer(cut);
    Set<String> inputs = cut.inputs().stream().map(ValueInfo::name).collect(Collectors.toSet());
    Map<String, List<Optional<int[]>>> shared = new HashMap<>();
    for (Node node : cut.nodes()) {
      if (LAYERS.contains(node.opType())) {
        String value = node.input(0);
        boolean computed = !inputs.contains(value) && after.constant(value).isEmpty();
        if (computed && isRanked(before, value) && isRanked(after, value)) {
          if (after.shape(value).equals(kept.shape(value))) {
            shared.put(
                value,
                IntStream.range(0, after.shape(value).rank())
                    .mapToObj(axis -> kept.indices(value, axis))
                    .toList());
          }
        }
      }
    }
    return new SharedValues(shared);
  }

  private static boolean isRanked(Shapes shapes, String value) {
    return shapes.has(value) && shapes.shape(value).isRanked();
  }

  /** None. */
  static SharedValues none() {
    return new SharedValues(Map.of());
  }

  int size() {
    return kept.size();
  }

  boolean contains(String value) {
    return kept.containsKey(value);
  }

  /**
   * What the cut network should have in its place.
   *
   * @param original the value in the original
   * @return a new array
   */
  NDArray counterpart(String value, NDArray original) {
    NDArray part = original;
    List<Optional<int[]>> axes = kept.get(value);
    for (int axis = 0; axis < axes.size(); axis++) {
      if (axes.get(axis).isPresent()) {
        long[] indices = Arrays.stream(axes.get(axis).get()).asLongStream().toArray();
        part = Axes.pick(part, axis, indices);
      }
    }
    return part == original ? original.duplicate() : part;
  }
}
