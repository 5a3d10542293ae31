package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import io.rspar.runtime.LabelSampler;
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
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Collects the curvature of many layers from what a network shows of each batch. One backward pass
 * serves all layers; patches are formed a few examples at a time, so that memory stays bounded.
 */
final class CurvatureEstimator implements ValueObserver {
  /**
   * Output positions of a convolution that an example shows at least. The factor's cost over that
   * of the convolution itself grows with them; a thousand examples show many thousand patches
   * still.
   */
  private static final int POSITIONS = 16;

  /** Patches formed at once stay near the processor's caches; more is slower, not faster. */
  private static final long PATCH_BYTES = 16L << 20;

  private final Map<String, WeightedLayer> readers = new HashMap<>();
  private final Map<String, WeightedLayer> writers = new HashMap<>();
  private final Map<String, NDArray> inputs = new HashMap<>();
  private final Set<String> values = new LinkedHashSet<>();
  private final Map<String, FactorAccumulator> accumulators;
  private final GateDerivatives directions;
  private final Ledger ledger;
  private long batch;
  private long resumed;

  /**
   * @param layers the layers to watch
   * @param reads names of what they read
   * @param accumulators of these layers, by node name
   * @param directions told of everything that is read
   * @param ledger hears what takes how long
   */
  CurvatureEstimator(
      Collection<WeightedLayer> layers,
      SeparateReads reads,
      Map<String, FactorAccumulator> accumulators,
      GateDerivatives directions,
      Ledger ledger) {
    this.accumulators = accumulators;
    this.directions = directions;
    this.ledger = ledger;
    for (WeightedLayer layer : layers) {
      String name = layer.node().name();
      readers.put(reads.readBy(name), layer);
      writers.put(layer.node().output(0), layer);
      values.add(reads.readBy(name));
      values.add(layer.node().output(0));
    }
    values.addAll(directions.normalized());
  }

  /**
   * Adds what the network shows of a range of the calibration examples.
   *
   * @param network reads as {@link SeparateReads} says
   * @param range of whole batches: what is sampled depends on the number of the batch among all
   */
  void observe(
      Network network, Subject subject, ExampleRange range, ChannelCriterion.Progress progress) {
    int batchSize = subject.settings().getBatchSize();
    LabelSampler labels = subject.labels();
    int done = 0;
    for (int[] indices : Batches.sequential(range.from(), range.to(), batchSize)) {
      batch = indices[0] / batchSize;
      try (NDManager manager = Torch.newManager();
          Batch examples = subject.calibration().batch(manager, indices)) {
        directions.begin(indices.length);
        resumed = System.nanoTime();
        network.observeValues(examples, labels, values, this);
        ledger.book(Ledger.Phase.PASSES, "", resumed);
        directions.end();
      }
      done += indices.length;
      progress.report(
          (double) done / range.size(),
          "curvature from " + done + " of " + range.size() + " examples");
    }
  }

  @Override
  public void onValue(String name, NDArray value, NDArray gradient) {
    ledger.book(Ledger.Phase.PASSES, "", resumed);
    WeightedLayer reader = readers.get(name);
    WeightedLayer writer = writers.get(name);
    if (writer == null) {
      long start = System.nanoTime();
      directions.add(name, value, gradient);
      ledger.book(Ledger.Phase.DIRECTIONS, reader == null ? name : reader.node().name(), start);
    }
    if (reader != null) {
      inputs.put(reader.node().name(), value);
    } else if (writer != null) {
      add(writer, inputs.remove(writer.node().name()), gradient);
    }
    resumed = System.nanoTime();
  }

  private void add(WeightedLayer layer, NDArray input, NDArray outputGradient) {
    FactorAccumulator sums = accumulators.get(layer.node().name());
    long examples = input.getShape().get(0);
    long positions = layer.positions(outputGradient.getShape());
    Lattice lattice = layer.lattice(POSITIONS, outputGradient.getShape(), batch);
    long shown;
    long start = System.nanoTime();
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray gradients = layer.allOutputs(outputGradient, lattice);
      shown = gradients.getShape().get(2) / examples;
      sums.addGradients(gradients, (double) positions / shown);
    }
    ledger.book(Ledger.Phase.GRADIENT_FACTORS, layer.node().name(), start);
    start = System.nanoTime();
    long chunk = Math.max(1, PATCH_BYTES / (4L * layer.groups() * layer.columns() * shown));
    for (long from = 0; from < examples; from += chunk) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray some = input.get(new NDIndex("{}:{}", from, Math.min(examples, from + chunk)));
        sums.addInputs(layer.allPatches(some, lattice), (double) positions / shown);
      }
    }
    ledger.book(Ledger.Phase.INPUT_FACTORS, layer.node().name(), start);
    sums.count(examples, positions);
  }
}
