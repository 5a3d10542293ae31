package io.rspar.sensitivity.curvature;

import io.rspar.runtime.data.Batches;

/**
 * Calibration examples that lie next to each other.
 *
 * @param from index of the first
 * @param to index behind the last
 */
public record ExampleRange(int from, int to) {
  public ExampleRange {
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("no range of examples: " + from + " to " + to);
    }
  }

  /** The first examples. */
  public static ExampleRange first(int samples) {
    return new ExampleRange(0, samples);
  }

  /**
   * One of several ranges that together are the first examples, each of whole batches: every
   * example is in the same batch as without shards.
   *
   * @param shard from 0
   */
  public static ExampleRange ofShard(int shard, int shards, int samples, int batchSize) {
    long batches = Batches.sequential(samples, batchSize).count();
    return new ExampleRange(
        boundary(shard * batches / shards, samples, batchSize),
        boundary((shard + 1) * batches / shards, samples, batchSize));
  }

  private static int boundary(long batches, int samples, int batchSize) {
    return (int) Math.min(samples, batches * batchSize);
  }

  /** This range and the one behind it. */
  ExampleRange with(ExampleRange next) {
    if (next.from != to) {
      throw new IllegalArgumentException(this + " is not followed by " + next);
    }
    return new ExampleRange(from, next.to);
  }

  /** Number of examples. */
  public int size() {
    return to - from;
  }

  @Override
  public String toString() {
    return "examples " + from + " to " + to;
  }
}
