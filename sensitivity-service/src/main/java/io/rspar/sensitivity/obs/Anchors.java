package io.rspar.sensitivity.obs;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.MeasuredLoss;
import io.rspar.runtime.LayerwisePass;
import io.rspar.runtime.Network;
import io.rspar.runtime.Savepoint;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.layer.AdjustableLayer;
import io.rspar.runtime.training.Predictions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Measures what cuts of one group alone really cost, at a few widths, and makes the group's error
 * curve pass through these points. A second-order model is local: it orders the channels of a group
 * well, but what half of a group costs compared to half of another it misjudges, most of all where
 * the network is sure of its calibration examples.
 *
 * <p>The cost is the Kullback-Leibler divergence of the cut network's predictions from the original
 * ones, on examples that were not trained on. It needs no labels, is never negative, and varies far
 * less from example to example than the loss itself.
 */
final class Anchors {
  /** Kept shares of a group's channels at which is measured. */
  private static final double[] SHARES = {0.875, 0.75, 0.5, 0.375, 0.25};

  private static final int BATCH = 250;

  private final Network network;
  private final Map<String, AdjustableLayer> layers;
  private final Dataset examples;

  /**
   * @param examples never trained on
   */
  Anchors(Network network, Map<String, AdjustableLayer> layers, Dataset examples) {
    this.network = network;
    this.layers = layers;
    this.examples = examples;
  }

  /** Widths of a group at which is measured, falling. */
  static int[] widths(int width) {
    return IntStream.range(0, SHARES.length)
        .map(i -> (int) Math.round(width * SHARES[i]))
        .filter(w -> w > 0 && w < width)
        .distinct()
        .toArray();
  }

  /**
   * One compensated cut of one group.
   *
   * @param group position of the group
   * @param width channels kept
   * @param changes of the consumers' weights, by node name: O×I per convolution group
   */
  record Trial(int group, int width, Map<String, float[][]> changes) {}

  /** Hears how many trials are measured. */
  @FunctionalInterface
  interface Listener {
    void measured(int done, int of);
  }

  /**
   * Measures every trial. Those that change the network late come last, so that what lies before is
   * computed once.
   *
   * @return per group, in falling width
   */
  List<List<MeasuredLoss>> measure(int groups, List<Trial> trials, Listener listener) {
    List<List<MeasuredLoss>> measured = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      measured.add(new ArrayList<>());
    }
    try (NDManager manager = Torch.newManager();
        Savepoint savepoint = network.savepoint();
        LayerwisePass passes = network.layerwise(examples.batches(manager, BATCH), Set.of())) {
      List<String> order = passes.nodes().stream().map(Node::name).toList();
      List<Trial> sorted = new ArrayList<>(trials);
      sorted.sort(
          Comparator.<Trial>comparingInt(t -> first(t, order)).thenComparingInt(t -> -t.width()));
      Predictions original = Predictions.of(passes);
      int done = 0;
      for (Trial trial : sorted) {
        passes.runBefore(passes.nodes().get(first(trial, order)));
        trial.changes().forEach((node, change) -> apply(manager, node, change));
        double divergence = Predictions.of(passes).divergence(original);
        savepoint.restore();
        measured.get(trial.group()).add(new MeasuredLoss(trial.width(), divergence));
        listener.measured(++done, sorted.size());
      }
    }
    measured.forEach(list -> list.sort(Comparator.comparingInt(m -> -m.width())));
    return measured;
  }

  private static int first(Trial trial, List<String> order) {
    return trial.changes().keySet().stream().mapToInt(order::indexOf).min().orElse(0);
  }

  private void apply(NDManager manager, String node, float[][] change) {
    AdjustableLayer layer = layers.get(node);
    int rows = layer.layer().outputs();
    int columns = layer.layer().columns();
    float[] flat = new float[change.length * rows * columns];
    for (int k = 0; k < change.length; k++) {
      System.arraycopy(change[k], 0, flat, k * rows * columns, rows * columns);
    }
    try (NDArray array = manager.create(flat, new Shape(change.length, rows, columns))) {
      layer.add(network, array);
    }
  }

  /**
   * The curve through the measured points: between two of them it keeps the shape that it had, and
   * it never falls; beyond the last it keeps the last stretch's scale.
   *
   * @param measured in falling width
   */
  static GroupSensitivity through(GroupSensitivity raw, List<MeasuredLoss> measured) {
    if (measured.isEmpty()) {
      return raw;
    }
    double[] shape = raw.curve();
    double[] curve = new double[shape.length];
    int from = 0;
    double start = 0;
    double scale = 1;
    for (MeasuredLoss point : measured) {
      int to = raw.width() - point.width();
      double end = Math.max(start, point.nats());
      double rise = shape[to] - shape[from];
      for (int k = from + 1; k <= to; k++) {
        double share =
            rise > 0 ? (shape[k] - shape[from]) / rise : (double) (k - from) / (to - from);
        curve[k] = start + share * (end - start);
      }
      scale = rise > 0 ? (end - start) / rise : scale;
      from = to;
      start = end;
    }
    for (int k = from + 1; k < curve.length; k++) {
      curve[k] = start + scale * (shape[k] - shape[from]);
    }
    return raw.withCurve(curve, measured);
  }
}
