package io.rspar.graph.score;

import io.rspar.graph.Graph;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import java.util.List;

/** Rates the channels of a group from the weights alone. */
public interface DataFreeCriterion {
  /**
   * One score per channel, higher = more worth keeping.
   *
   * @param dependencies of this very graph
   * @param group one of its groups
   */
  double[] score(Graph graph, DependencyGraph dependencies, ChannelGroup group);

  /** Scores of all groups, in their order. */
  default List<double[]> scoreAll(Graph graph, DependencyGraph dependencies) {
    return dependencies.groups().stream().map(g -> score(graph, dependencies, g)).toList();
  }

  /** Sum of absolute weights, mean over members. */
  static DataFreeCriterion l1() {
    return new GroupNorm(1, GroupNorm.Reduction.MEAN);
  }

  /** Euclidean norm, mean over members. */
  static DataFreeCriterion l2() {
    return new GroupNorm(2, GroupNorm.Reduction.MEAN);
  }

  /** Chance, as a control: the same seed gives the same scores for the same group. */
  static DataFreeCriterion random(long seed) {
    return new RandomScore(seed);
  }
}
