package io.rspar.graph.shape;

import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.ValueInfo;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Concrete extents for the axes that a model leaves open. Axes with the same symbol get the same
 * extent.
 */
final class OpenAxes {
  /** Batch sizes to try: small, odd, and different from each other and from usual extents. */
  private static final int[] BATCHES = {3, 5, 7, 11, 13, 17, 19, 23};

  /**
   * Other open axes are lengths of sequences or sides of images: multiples of these are divided
   * evenly by usual strides. Small ones stay within usual position tables; where they are too small
   * for the model's windows (of an audio model, say), the large ones are tried.
   */
  static final List<Long> UNITS = List.of(64L, 1024L);

  private OpenAxes() {}

  static boolean exist(Graph graph) {
    return graph.inputs().stream()
        .map(ValueInfo::shape)
        .anyMatch(shape -> shape.isRanked() && !shape.isStatic());
  }

  /**
   * Shapes of the graph's inputs for one attempt.
   *
   * @param unit divides the extent of every open axis but the first ones
   * @param attempt 0 or 1; every open axis differs between the two
   * @param distinct whether axes without a common symbol get different extents; otherwise all first
   *     axes are equal, and all others at the same place
   */
  static Map<String, Shape> attempt(Graph graph, long unit, int attempt, boolean distinct) {
    Map<String, Integer> batches = new HashMap<>();
    Map<String, Integer> others = new HashMap<>();
    return replace(
        graph,
        (key, axis) -> {
          String name = distinct ? key : "axis " + axis;
          if (axis == 0) {
            int index = 2 * batches.computeIfAbsent(name, k -> batches.size()) + attempt;
            return BATCHES[index % BATCHES.length] + (long) index / BATCHES.length * 24;
          }
          return unit * (2L * others.computeIfAbsent(name, k -> others.size()) + attempt + 1);
        });
  }

  /** One example: first axes are 1, others the unit. */
  static Map<String, Shape> example(Graph graph, long unit) {
    return replace(graph, (key, axis) -> axis == 0 ? 1 : unit);
  }

  private interface Extent {
    long of(String symbol, int axis);
  }

  private static Map<String, Shape> replace(Graph graph, Extent extent) {
    Map<String, Long> bySymbol = new HashMap<>();
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (ValueInfo input : graph.inputs()) {
      Shape shape = input.shape();
      if (!shape.isRanked()) {
        continue;
      }
      for (int axis = 0; axis < shape.rank(); axis++) {
        if (!shape.isKnown(axis)) {
          int at = axis;
          String symbol = input.symbols().get(axis);
          String key = symbol.isEmpty() ? input.name() + " axis " + axis : symbol;
          shape = shape.withDim(axis, bySymbol.computeIfAbsent(key, k -> extent.of(k, at)));
        }
      }
      shapes.put(input.name(), shape);
    }
    return shapes;
  }
}
