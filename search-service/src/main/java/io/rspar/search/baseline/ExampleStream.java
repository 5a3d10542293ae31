package io.rspar.search.baseline;

import ai.djl.ndarray.NDManager;
import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import java.util.Iterator;
import java.util.SplittableRandom;

/** Batches without end: one seeded permutation of the examples after the other. */
final class ExampleStream {
  private final Dataset data;
  private final int batchSize;
  private final Augmentation augmentation;
  private final SplittableRandom random;
  private Iterator<int[]> pass;

  /**
   * @param batchSize examples of every batch; a smaller data set is one batch
   */
  ExampleStream(Dataset data, int batchSize, Augmentation augmentation, long seed) {
    this.data = data;
    this.batchSize = Math.min(batchSize, data.size());
    this.augmentation = augmentation;
    this.random = new SplittableRandom(seed);
  }

  /** The next batch, which the caller closes. */
  Batch next(NDManager manager) {
    int[] indices = pass == null || !pass.hasNext() ? first() : pass.next();
    // Whole batches only: statistics of a few left-over examples are poor.
    return data.batch(
        manager, indices.length < batchSize ? first() : indices, augmentation, random);
  }

  private int[] first() {
    pass = Batches.shuffled(data.size(), batchSize, random.nextLong()).iterator();
    return pass.next();
  }
}
