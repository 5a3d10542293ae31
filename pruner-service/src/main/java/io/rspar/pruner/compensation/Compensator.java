package io.rspar.pruner.compensation;

import ai.djl.ndarray.NDManager;
import io.rspar.graph.Graph;
import io.rspar.graph.surgery.Kept;
import io.rspar.kit.sensitivity.InputFactors;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Compensates a cut with as many examples as were asked for and fit into memory. */
public final class Compensator {
  /** Pull towards the present weights; results differ little from 1e-4 to 1e-2 (ADR 0008). */
  private static final double RIDGE = 1e-2;

  private static final int BATCH = 128;

  /** Values of all examples of both networks that later layers still need. */
  private static final long MEMORY_BYTES = Long.getLong("rspar.compensation.mib", 2048) << 20;

  private Compensator() {}

  /** Hears how compensation goes. */
  public interface Listener {
    /** Does not listen. */
    Listener NONE =
        new Listener() {
          @Override
          public void layer(int done, int of, String node) {}

          @Override
          public void warning(String sentence) {}
        };

    void layer(int done, int of, String node);

    void warning(String sentence);
  }

  /**
   * Repairs a cut network by its weights alone, in closed form (Bai et al. 2023, UDFC, arXiv
   * 2308.07209): what a removed channel computes is approximated by a linear combination of what
   * the kept ones compute.
   *
   * @param cut changed in place
   * @param original the graph that it was cut from
   */
  public static void dataFree(Network cut, Graph original, Kept kept) {
    new LinearCombination(original, kept).repair(cut);
  }

  /**
   * Repairs a cut network by {@link SequentialLeastSquares}.
   *
   * @param cut changed in place
   * @param original the graph that it was cut from
   * @param samples examples to use at most
   * @param mirror whether examples may be mirrored, as in training
   */
  public static void leastSquares(
      Network cut,
      Graph original,
      Kept kept,
      Dataset calibration,
      int samples,
      boolean mirror,
      long seed,
      Listener listener) {
    try (NDManager manager = Torch.newManager();
        Network dense = Network.load(original)) {
      int used = Math.min(samples, calibration.size());
      try (Batch one = calibration.batch(manager, new int[] {0})) {
        long bytes = dense.layerwiseBytes(one) + cut.layerwiseBytes(one);
        long fitting = Math.max(1, MEMORY_BYTES / bytes);
        if (fitting < used) {
          listener.warning(
              String.format(
                  "Compensation used %d examples instead of %d: their values take %,d KiB each.",
                  fitting, used, bytes >> 10));
          used = (int) fitting;
        }
      }
      List<Batch> batches = new ArrayList<>();
      SplittableRandom random = new SplittableRandom(seed);
      Augmentation augmentation = new Augmentation(0, mirror);
      for (int[] indices : Batches.sequential(used, BATCH)) {
        batches.add(calibration.batch(manager, indices, augmentation, random));
      }
      new SequentialLeastSquares(cut, dense, kept, RIDGE).run(batches, listener::layer);
    }
  }

  /**
   * Repairs a cut network by the Optimal Brain Surgeon's formula.
   *
   * @param cut changed in place
   * @param original the graph that it was cut from
   * @param factors of the original, undamped
   * @param damping added to the diagonal of each factor as a fraction of its mean
   */
  public static void byFactors(
      Network cut,
      Graph original,
      Kept kept,
      InputFactors factors,
      double damping,
      Listener listener) {
    new ObsCompensation(cut, kept, factors, damping).run(original, listener);
  }
}
