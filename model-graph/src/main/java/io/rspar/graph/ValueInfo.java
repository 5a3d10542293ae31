package io.rspar.graph;

import java.util.List;

/**
 * A named input or output of a graph.
 *
 * @param shape extents, {@link Shape#UNKNOWN} where open
 * @param symbols name of each open axis ({@code batch}), empty string where the extent is known
 */
public record ValueInfo(String name, DataType type, Shape shape, List<String> symbols) {
  public ValueInfo {
    symbols = List.copyOf(symbols);
    if (symbols.size() != shape.rank()) {
      throw new IllegalArgumentException("one symbol per axis: " + symbols + " for " + shape);
    }
  }

  public ValueInfo(String name, DataType type, Shape shape) {
    this(name, type, shape, java.util.Collections.nCopies(shape.rank(), ""));
  }
}
