package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import java.util.List;
import java.util.Optional;

/** The numbers from a start to a limit (excluded) with a step. */
final class Range implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Optional<long[]> start = node.integers(0);
    Optional<long[]> limit = node.integers(1);
    Optional<long[]> step = node.integers(2);
    Optional<DataType> type = node.type(0);
    if (type.isEmpty() || start.isEmpty() || limit.isEmpty() || step.isEmpty()) {
      return List.of(ValueFacts.of(type, Shape.UNRANKED));
    }
    long first = start.get()[0];
    long by = step.get()[0];
    if (by == 0) {
      throw node.malformed("a step of 0");
    }
    long span = limit.get()[0] - first;
    int count =
        Math.toIntExact(Math.max(0, by > 0 ? (span + by - 1) / by : (-span - by - 1) / -by));
    Shape shape = Shape.of(count);
    if (count > Fold.MAX_ELEMENTS) {
      return List.of(ValueFacts.of(type, shape));
    }
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = first + i * by;
    }
    return List.of(ValueFacts.of(Fold.ofLongs(type.get(), shape, values)));
  }

  @Override
  public void couple(Coupling c) {
    c.freezeAll("it counts");
  }
}
