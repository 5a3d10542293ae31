package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import io.rspar.graph.Node;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.LayerObserver;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.layer.Lattice;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.criterion.ChannelCriterion;
import io.rspar.sensitivity.criterion.Subject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Collects the factors of many layers from what a network shows of each batch. One backward pass
 * serves all layers; patches are formed a few examples at a time, so that memory stays bounded.
 */
public final class CurvatureEstimator implements LayerObserver {
  /** Patches formed at once stay near the processor's caches; more is slower, not faster. */
  private static final long PATCH_BYTES = 16L << 20;

  private final Map<String, WeightedLayer> layers = new LinkedHashMap<>();
  private final Map<String, FactorAccumulator> accumulators = new LinkedHashMap<>();
  private long visits;

  /**
   * @param manager owns the sums
   * @param layers the layers to watch
   */
  public CurvatureEstimator(NDManager manager, List<WeightedLayer> layers) {
    for (WeightedLayer layer : layers) {
      String name = layer.node().name();
      this.layers.put(name, layer);
      accumulators.put(
          name, new FactorAccumulator(manager, layer.groups(), layer.columns(), layer.outputs()));
    }
  }

  /**
   * Factors of some layers from calibration data, with the network in evaluation mode.
   *
   * @param samples calibration examples to use
   */
  public static Map<String, LayerFactors> estimate(
      Network network,
      List<WeightedLayer> layers,
      Subject subject,
      int samples,
      ChannelCriterion.Progress progress) {
    LabelSampler labels = subject.labels();
    try (NDManager manager = Torch.newManager()) {
      CurvatureEstimator estimator = new CurvatureEstimator(manager, layers);
      int done = 0;
      for (int[] indices : Batches.sequential(samples, subject.settings().getBatchSize())) {
        try (Batch batch = subject.calibration().batch(manager, indices)) {
          network.observe(batch, labels, estimator.nodes(), estimator);
        }
        done += indices.length;
        progress.report(
            (double) done / samples, "curvature from " + done + " of " + samples + " examples");
      }
      return estimator.factors();
    }
  }

  @Override
  public void onLayer(Node node, NDArray input, NDArray outputGradient) {
    WeightedLayer layer = layers.get(node.name());
    FactorAccumulator sums = accumulators.get(node.name());
    long examples = input.getShape().get(0);
    long positions = 0;
    for (int group = 0; group < layer.groups(); group++) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray gradients = layer.gradients(outputGradient, group);
        positions = gradients.getShape().get(2);
        sums.addGradients(group, gradients);
      }
      Lattice lattice = layer.lattice(outputGradient.getShape(), visits / layers.size());
      long chunk =
          Math.max(
              1,
              PATCH_BYTES * lattice.step() * lattice.step() / (4L * layer.columns() * positions));
      for (long from = 0; from < examples; from += chunk) {
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray some = input.get(new NDIndex("{}:{}", from, Math.min(examples, from + chunk)));
          NDArray patches = layer.patches(some, group, lattice);
          sums.addInputs(group, patches, (double) positions / patches.getShape().get(2));
        }
      }
    }
    sums.count(examples, positions);
    visits++;
  }

  /** Names of the nodes to watch. */
  public Set<String> nodes() {
    return layers.keySet();
  }

  /** The factors so far, by node name. */
  public Map<String, LayerFactors> factors() {
    Map<String, LayerFactors> factors = new LinkedHashMap<>();
    accumulators.forEach((name, sums) -> factors.put(name, sums.factors()));
    return factors;
  }
}
