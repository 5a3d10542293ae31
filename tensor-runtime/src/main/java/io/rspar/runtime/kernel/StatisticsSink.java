package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import io.rspar.graph.Node;

/** Receives the batch statistics of BatchNormalization nodes in {@link Mode#COLLECT}. */
@FunctionalInterface
public interface StatisticsSink {
  /** Ignores statistics: for passes in other modes. */
  StatisticsSink NONE = (node, mean, variance, count) -> {};

  /**
   * Takes the statistics of one node and one batch.
   *
   * @param mean C
   * @param variance C, unbiased (divided by count − 1)
   * @param count values per channel: N·H·W
   */
  void accept(Node node, NDArray mean, NDArray variance, long count);
}
