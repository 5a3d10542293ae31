package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import io.rspar.graph.coupling.ChannelGroup;
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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Collects the curvature of many layers from what a network shows of each batch. One backward pass
 * serves all layers; patches are formed a few examples at a time, so that memory stays bounded.
 */
public final class CurvatureEstimator implements ValueObserver {
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
  private final Map<String, FactorAccumulator> accumulators = new LinkedHashMap<>();
  private final DirectionalFisher directions;
  private final Ledger ledger;
  private long visits;
  private long resumed;

  /**
   * @param manager owns the sums
   * @param layers the layers to watch
   * @param groups channels that their weights consume
   * @param limit rows of the largest factor that is kept whole
   * @param reads names of what they read
   * @param directions told of everything that is read
   * @param ledger hears what takes how long
   */
  CurvatureEstimator(
      NDManager manager,
      Collection<WeightedLayer> layers,
      List<ChannelGroup> groups,
      int limit,
      SeparateReads reads,
      DirectionalFisher directions,
      Ledger ledger) {
    this.directions = directions;
    this.ledger = ledger;
    for (WeightedLayer layer : layers) {
      String name = layer.node().name();
      readers.put(reads.readBy(name), layer);
      writers.put(layer.node().output(0), layer);
      values.add(reads.readBy(name));
      values.add(layer.node().output(0));
      accumulators.put(
          name, new FactorAccumulator(manager, layer, ColumnBlocks.of(layer, groups, limit)));
    }
  }

  /**
   * Curvature from calibration data, with the network in evaluation mode.
   *
   * @param layers by node name
   * @return the caller closes it
   */
  public static Curvature estimate(
      Subject subject,
      Map<String, WeightedLayer> layers,
      ChannelCriterion.Progress progress,
      Ledger ledger) {
    SeparateReads reads = SeparateReads.of(subject.graph(), layers.values());
    List<ChannelGroup> groups = subject.groups().groups();
    DirectionalFisher directions = new DirectionalFisher(groups, layers, reads);
    NDManager manager = Torch.newManager();
    try (Network network = Network.load(reads.graph())) {
      CurvatureEstimator estimator =
          new CurvatureEstimator(
              manager,
              layers.values(),
              groups,
              subject.settings().getFactorLimit(),
              reads,
              directions,
              ledger);
      estimator.observe(network, subject, progress);
      Map<String, LayerFactors> factors = new LinkedHashMap<>();
      estimator.accumulators.forEach((name, sums) -> factors.put(name, sums.factors()));
      return new Curvature(factors, directions, manager);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private void observe(Network network, Subject subject, ChannelCriterion.Progress progress) {
    int samples = subject.samples();
    LabelSampler labels = subject.labels();
    int done = 0;
    for (int[] indices : Batches.sequential(samples, subject.settings().getBatchSize())) {
      try (NDManager manager = Torch.newManager();
          Batch batch = subject.calibration().batch(manager, indices)) {
        directions.begin(indices.length);
        resumed = System.nanoTime();
        network.observeValues(batch, labels, values, this);
        ledger.book(Ledger.Phase.PASSES, "", resumed);
        directions.end();
        visits++;
      }
      done += indices.length;
      progress.report(
          (double) done / samples, "curvature from " + done + " of " + samples + " examples");
    }
  }

  @Override
  public void onValue(String name, NDArray value, NDArray gradient) {
    ledger.book(Ledger.Phase.PASSES, "", resumed);
    WeightedLayer reader = readers.get(name);
    if (reader != null) {
      long start = System.nanoTime();
      directions.add(name, value, gradient);
      ledger.book(Ledger.Phase.DIRECTIONS, reader.node().name(), start);
      inputs.put(reader.node().name(), value);
    } else {
      WeightedLayer writer = writers.get(name);
      add(writer, inputs.remove(writer.node().name()), gradient);
    }
    resumed = System.nanoTime();
  }

  private void add(WeightedLayer layer, NDArray input, NDArray outputGradient) {
    FactorAccumulator sums = accumulators.get(layer.node().name());
    long examples = input.getShape().get(0);
    long positions = layer.positions(outputGradient.getShape());
    Lattice lattice = layer.lattice(POSITIONS, outputGradient.getShape(), visits);
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
