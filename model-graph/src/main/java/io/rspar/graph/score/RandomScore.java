package io.rspar.graph.score;

import io.rspar.graph.Graph;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import java.util.Random;

/**
 * Uniform scores from 0 to 1. The group's id goes into the seed, so that groups are independent and
 * the order in which they are rated does not matter.
 */
record RandomScore(long seed) implements DataFreeCriterion {
  @Override
  public double[] score(Graph graph, DependencyGraph dependencies, ChannelGroup group) {
    return new Random(seed * 0x9E3779B97F4A7C15L + group.id().hashCode())
        .doubles(group.width())
        .toArray();
  }
}
