package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import io.rspar.runtime.LayerObserver;
import io.rspar.runtime.layer.Lattice;
import io.rspar.runtime.layer.WeightedLayer;
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
      Lattice lattice = lattice(layer, outputGradient.getShape());
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

  private Lattice lattice(WeightedLayer layer, Shape output) {
    return layer.kernel().length == 2
        ? Lattice.of(output.get(2), output.get(3), visits / layers.size())
        : Lattice.EVERY;
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
