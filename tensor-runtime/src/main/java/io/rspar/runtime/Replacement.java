package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Weights that stand in for a network's own until this is closed; the last one goes first. */
public final class Replacement implements AutoCloseable {
  private final Map<String, NDArray> own = new LinkedHashMap<>();
  private final List<Map<String, NDArray>> places;

  /**
   * @param arrays by name
   * @param places maps that hold the network's own under these names
   */
  Replacement(Map<String, NDArray> arrays, List<Map<String, NDArray>> places) {
    this.places = places;
    arrays.forEach((name, array) -> own.put(name, requireShape(name, array)));
    put(arrays);
  }

  private NDArray requireShape(String name, NDArray array) {
    NDArray before = places.get(0).get(name);
    if (!before.getShape().equals(array.getShape())) {
      throw new InvalidModelException(
          InvalidModelException.Kind.MALFORMED,
          String.format(
              "an array of shape %s cannot stand in for '%s' of shape %s",
              Shape.of(array.getShape().getShape()), name, Shape.of(before.getShape().getShape())),
          "keep the shape; masked channels are zero, not gone");
    }
    return before;
  }

  private void put(Map<String, NDArray> arrays) {
    for (Map<String, NDArray> place : places) {
      arrays.forEach((name, array) -> place.computeIfPresent(name, (n, old) -> array));
    }
  }

  /** Puts the network's own weights back. */
  @Override
  public void close() {
    put(own);
  }
}
