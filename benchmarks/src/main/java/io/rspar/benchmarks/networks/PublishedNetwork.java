package io.rspar.benchmarks.networks;

import io.rspar.graph.Graph;
import java.util.function.LongFunction;

/**
 * A network as its authors describe it, with weights drawn from a seed.
 *
 * @param name as the literature calls it
 * @param source where it is described
 * @param parameters elements of all trained tensors, as published
 * @param builder builds it from a seed
 */
record PublishedNetwork(String name, String source, long parameters, LongFunction<Graph> builder) {

  Graph build(long seed) {
    return builder.apply(seed);
  }
}
