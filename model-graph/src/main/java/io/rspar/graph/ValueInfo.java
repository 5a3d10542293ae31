package io.rspar.graph;

import java.util.Collections;
import java.util.List;

/**
 * A named input or output of a graph.
 *
 * @param shape extents, {@link Shape#UNKNOWN} where open; {@link Shape#UNRANKED} where the model
 *     does not say
 * @param symbols name of each open axis ({@code batch}), empty string where the extent is known
 */
public record ValueInfo(String name, DataType type, Shape shape, List<String> symbols) {
  public ValueInfo {
    symbols = List.copyOf(symbols);
    if (symbols.size() != rank(shape)) {
      throw new IllegalArgumentException("one symbol per axis: " + symbols + " for " + shape);
    }
  }

  public ValueInfo(String name, DataType type, Shape shape) {
    this(name, type, shape, Collections.nCopies(rank(shape), ""));
  }

  private static int rank(Shape shape) {
    return shape.isRanked() ? shape.rank() : 0;
  }
}
