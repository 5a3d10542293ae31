package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.Node;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Re-estimates the running statistics of every BatchNormalization for the network as it is now: a
 * cut changes the distribution of what its layers see.
 *
 * <p>Every batch passes with its own statistics in all layers, as in training, so a deeper layer's
 * statistics fit re-normalised inputs. Means and variances of the batches are pooled exactly (Chan,
 * Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
 * 1979), not averaged with a momentum.
 */
public final class BatchNormCalibration {
  private BatchNormCalibration() {}

  /** Pooled statistics of one node, per channel. */
  private static final class Pool {
    private final Node node;
    private double count;
    private final double[] mean;
    private final double[] squares;

    Pool(Node node, int channels) {
      this.node = node;
      this.mean = new double[channels];
      this.squares = new double[channels];
    }

    void add(float[] batchMean, float[] batchVariance, long batchCount) {
      double total = count + batchCount;
      for (int c = 0; c < mean.length; c++) {
        double delta = batchMean[c] - mean[c];
        mean[c] += delta * batchCount / total;
        squares[c] +=
            batchVariance[c] * (batchCount - 1.0) + delta * delta * count * batchCount / total;
      }
      count = total;
    }

    void writeTo(Map<String, NDArray> statistics) {
      float[] means = new float[mean.length];
      float[] variances = new float[mean.length];
      for (int c = 0; c < mean.length; c++) {
        means[c] = (float) mean[c];
        variances[c] = (float) (squares[c] / (count - 1));
      }
      statistics.get(node.input(3)).set(means);
      statistics.get(node.input(4)).set(variances);
    }
  }

  /**
   * Replaces the running statistics; a network without BatchNormalization stays as it is.
   *
   * @param samples examples used, from the first on; at most all of the data
   * @param cropPadding zero padding before a random crop (pixels), as in the network's training
   * @param horizontalFlip whether half of the images are mirrored, as in the network's training
   * @param seed of the augmentation
   * @return examples used
   */
  public static int run(
      Network network,
      Dataset data,
      int samples,
      int batchSize,
      int cropPadding,
      boolean horizontalFlip,
      long seed) {
    network.inputs().requireFit(data);
    if (network.statistics().isEmpty()) {
      return 0;
    }
    int used = Math.min(samples, data.size());
    Augmentation augmentation = new Augmentation(cropPadding, horizontalFlip);
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Pool> pools = new LinkedHashMap<>();
    try (NDManager manager = Torch.newManager()) {
      for (int[] indices : Batches.sequential(used, batchSize)) {
        // One example has no variance behind a global pooling layer.
        if (indices.length == 1 && used > 1) {
          continue;
        }
        try (NDScope scope = new NDScope();
            Batch batch = data.batch(manager, indices, augmentation, random)) {
          scope.suppressNotUsedWarning();
          network.collectStatistics(
              batch,
              (node, mean, variance, count) ->
                  pools
                      .computeIfAbsent(node.name(), n -> new Pool(node, (int) mean.size()))
                      .add(mean.toFloatArray(), variance.toFloatArray(), count));
        }
      }
    }
    pools.values().forEach(pool -> pool.writeTo(network.statistics()));
    return used;
  }
}
