package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.ValueObserver;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.layer.Lattice;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.criterion.ChannelCriterion;
import io.rspar.sensitivity.criterion.Subject;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Collects the curvature of many layers from what a network shows of each batch. One backward pass
 * serves all layers; patches are formed a few examples at a time, so that memory stays bounded.
 */
public final class CurvatureEstimator implements ValueObserver {
  /** Patches formed at once stay near the processor's caches; more is slower, not faster. */
  private static final long PATCH_BYTES = 16L << 20;

  private final Map<String, WeightedLayer> readers = new HashMap<>();
  private final Map<String, WeightedLayer> writers = new HashMap<>();
  private final Map<String, NDArray> inputs = new HashMap<>();
  private final Set<String> values = new LinkedHashSet<>();
  private final Map<String, FactorAccumulator> accumulators = new LinkedHashMap<>();
  private final DirectionalFisher directions;
  private long visits;

  /**
   * @param manager owns the sums
   * @param layers the layers to watch
   * @param reads names of what they read
   * @param directions told of everything that is read
   */
  CurvatureEstimator(
      NDManager manager,
      Collection<WeightedLayer> layers,
      SeparateReads reads,
      DirectionalFisher directions) {
    this.directions = directions;
    for (WeightedLayer layer : layers) {
      String name = layer.node().name();
      readers.put(reads.readBy(name), layer);
      writers.put(layer.node().output(0), layer);
      values.add(reads.readBy(name));
      values.add(layer.node().output(0));
      accumulators.put(
          name, new FactorAccumulator(manager, layer.groups(), layer.columns(), layer.outputs()));
    }
  }

  /**
   * Curvature from calibration data, with the network in evaluation mode.
   *
   * @param layers by node name
   */
  public static Curvature estimate(
      Subject subject, Map<String, WeightedLayer> layers, ChannelCriterion.Progress progress) {
    SeparateReads reads = SeparateReads.of(subject.graph(), layers.values());
    DirectionalFisher directions = new DirectionalFisher(subject.groups().groups(), layers, reads);
    int samples = subject.samples();
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(reads.graph())) {
      CurvatureEstimator estimator =
          new CurvatureEstimator(manager, layers.values(), reads, directions);
      int done = 0;
      for (int[] indices : Batches.sequential(samples, subject.settings().getBatchSize())) {
        try (Batch batch = subject.calibration().batch(manager, indices)) {
          directions.begin(indices.length);
          network.observeValues(batch, subject.labels(), estimator.values, estimator);
          directions.end();
          estimator.visits++;
        }
        done += indices.length;
        progress.report(
            (double) done / samples, "curvature from " + done + " of " + samples + " examples");
      }
      Map<String, LayerFactors> factors = new LinkedHashMap<>();
      estimator.accumulators.forEach((name, sums) -> factors.put(name, sums.factors()));
      return new Curvature(factors, directions);
    }
  }

  @Override
  public void onValue(String name, NDArray value, NDArray gradient) {
    WeightedLayer reader = readers.get(name);
    if (reader != null) {
      directions.add(name, value, gradient);
      inputs.put(reader.node().name(), value);
    } else {
      add(writers.get(name), inputs.remove(writers.get(name).node().name()), gradient);
    }
  }

  private void add(WeightedLayer layer, NDArray input, NDArray outputGradient) {
    FactorAccumulator sums = accumulators.get(layer.node().name());
    long examples = input.getShape().get(0);
    long positions = 0;
    for (int group = 0; group < layer.groups(); group++) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray gradients = layer.gradients(outputGradient, group);
        positions = gradients.getShape().get(2);
        sums.addGradients(group, gradients);
      }
      Lattice lattice = layer.lattice(outputGradient.getShape(), visits);
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
  }
}
