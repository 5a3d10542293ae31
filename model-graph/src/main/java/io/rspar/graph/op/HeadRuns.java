package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.function.IntFunction;

/**
 * Attention heads that lie side by side on one axis, each a run of as many indices as a head has
 * dimensions. A head is one channel; where heads of queries share one of keys and values
 * (grouped-query attention, Ainslie et al., EMNLP 2023), all of them together are.
 *
 * @param queries axis of the queries, {@code heads} runs from index 0 on
 * @param heads number of the queries' heads
 * @param size indices of one of them
 */
record HeadRuns(Coupling c, Axis queries, int heads, int size) {
  /** Couples the indices of one head, and the heads that share one of {@code shared} heads. */
  void coupleQueries(int shared) {
    int run = size * together(shared);
    for (int i = 0; i < heads * size; i++) {
      c.unify(queries, i / run * run, queries, i, 1);
    }
  }

  /**
   * Couples the heads on another axis with the queries' heads.
   *
   * @param offset index at which they begin
   * @param count how many there are, a divisor of the number of the queries' heads
   * @param indices indices of one of them
   */
  void couple(Axis axis, int offset, int count, int indices) {
    if (count == 1 && heads > 1) {
      c.freeze(axis, "its only head serves all queries");
      return;
    }
    int run = size * together(count);
    for (int i = 0; i < count * indices; i++) {
      c.unify(axis, offset + i, queries, i / indices * run, 1);
    }
  }

  /** Freezes all axes of a value but the one on which its heads lie. */
  static void freezeOthers(Coupling c, Shape shape, int own, IntFunction<Axis> axes) {
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (axis != own) {
        c.freeze(axes.apply(axis), "attention runs along it");
      }
    }
  }

  /** Heads of queries that go together; one head that serves all of them leaves each free. */
  private int together(int shared) {
    return shared == 1 ? 1 : heads / shared;
  }
}
