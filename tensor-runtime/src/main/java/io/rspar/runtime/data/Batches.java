package io.rspar.runtime.data;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Orders in which the examples of a data set are visited: index arrays, one per batch. */
public final class Batches implements Iterable<int[]> {
  private final int[] order;
  private final int batchSize;

  private Batches(int[] order, int batchSize) {
    if (batchSize < 1) {
      throw new IllegalArgumentException("batch size " + batchSize);
    }
    this.order = order;
    this.batchSize = batchSize;
  }

  /** Examples 0 … size − 1 in order; the last batch may be smaller. */
  public static Batches sequential(int size, int batchSize) {
    return sequential(0, size, batchSize);
  }

  /** Examples {@code from} … {@code to} − 1 in order; the last batch may be smaller. */
  public static Batches sequential(int from, int to, int batchSize) {
    return new Batches(IntStream.range(from, to).toArray(), batchSize);
  }

  /** A seeded permutation (Fisher–Yates) of all examples; the last batch may be smaller. */
  public static Batches shuffled(int size, int batchSize, long seed) {
    int[] order = IntStream.range(0, size).toArray();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = size - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return new Batches(order, batchSize);
  }

  /** Number of batches. */
  public int count() {
    return (order.length + batchSize - 1) / batchSize;
  }

  @Override
  public Iterator<int[]> iterator() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < order.length;
      }

      @Override
      public int[] next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        int end = Math.min(order.length, next + batchSize);
        int[] batch = Arrays.copyOfRange(order, next, end);
        next = end;
        return batch;
      }
    };
  }
}
