package io.rspar.pruner.compensation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Graph;
import io.rspar.graph.surgery.Kept;
import io.rspar.kit.sensitivity.InputFactors;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.TorchScript;
import io.rspar.runtime.layer.AdjustableLayer;
import io.rspar.runtime.layer.WeightedLayer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The Optimal Brain Surgeon's compensation (Hassibi and Stork 1993) for the columns S that a cut
 * takes from the weights of consumers, from the very factors that the channels were scored with:
 *
 * <pre>
 *   ΔW_F = W_S A_SF (A_FF)⁻¹        F: the columns that stay
 * </pre>
 *
 * which is −W_S ([A⁻¹]_SS)⁻¹ [A⁻¹]_SF, by the inverse of a block matrix; G cancels. A column of
 * ones in A lets the intercept take over what removed channels add on average. Other than {@link
 * SequentialLeastSquares} it takes every layer for itself and looks at no data.
 */
final class ObsCompensation {
  /** Damping is raised so often, tenfold each time, until a factor has an inverse. */
  private static final int ATTEMPTS = 4;

  private final Network cut;
  private final Kept kept;
  private final InputFactors factors;
  private final double damping;

  /**
   * @param cut changed in place
   * @param kept which of the original's channels it has
   * @param factors of the original, undamped
   * @param damping added to the diagonal of each factor as a fraction of its mean
   */
  ObsCompensation(Network cut, Kept kept, InputFactors factors, double damping) {
    this.cut = cut;
    this.kept = kept;
    this.factors = factors;
    this.damping = damping;
  }

  /**
   * Changes every consumer that lost columns.
   *
   * @param original the graph that the network was cut from
   */
  void run(Graph original, Compensator.Listener listener) {
    Map<String, AdjustableLayer> cutLayers = AdjustableLayer.of(cut);
    try (Network dense = Network.load(original)) {
      List<AdjustableLayer> layers =
          AdjustableLayer.of(dense).values().stream()
              .filter(l -> cutLayers.containsKey(l.name()))
              .filter(l -> kept.indices(l.layer().weight(), inputAxis(l.layer())).isPresent())
              .toList();
      for (int i = 0; i < layers.size(); i++) {
        AdjustableLayer layer = layers.get(i);
        listener.layer(i, layers.size(), layer.name());
        if (layer.layer().groups() > 1 || !factors.byNode().containsKey(layer.name())) {
          listener.warning(
              "Nothing takes over from the channels that "
                  + layer.name()
                  + " lost: it has no factors of its own, or several convolution groups.");
        } else {
          compensate(layer.layer(), cutLayers.get(layer.name()));
        }
      }
    }
  }

  private static int inputAxis(WeightedLayer layer) {
    return layer.isTransposed() ? 0 : 1;
  }

  private void compensate(WeightedLayer layer, AdjustableLayer target) {
    int[] inputs = kept.indices(layer.weight(), inputAxis(layer)).orElseThrow();
    int[] rows =
        kept.indices(layer.weight(), 1 - inputAxis(layer))
            .orElseGet(() -> IntStream.range(0, layer.outputs()).toArray());
    IntStream intercept =
        layer.hasIntercept() ? IntStream.of(layer.columns() - 1) : IntStream.empty();
    int[] stay = IntStream.concat(Arrays.stream(layer.columnsOf(inputs)), intercept).toArray();
    int[] place = new int[layer.columns()];
    Arrays.fill(place, -1);
    for (int i = 0; i < stay.length; i++) {
      place[stay[i]] = i;
    }
    try (NDManager manager = Torch.newManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray weight =
          manager
              .create(layer.rows()[0], new Shape(layer.outputs(), layer.columns()))
              .get(index(manager, rows))
              .transpose();
      NDArray change = manager.zeros(new Shape(stay.length, rows.length), DataType.FLOAT64);
      for (InputFactors.Block block : factors.byNode().get(layer.node().name())) {
        int[] columns = block.columns();
        int[] left = positions(columns, c -> place[c] >= 0);
        int[] gone = positions(columns, c -> place[c] < 0);
        if (left.length > 0 && gone.length > 0) {
          NDArray taken = takenOver(manager, block, left, gone);
          NDArray lost = weight.get(index(manager, at(columns, gone)));
          int[] targets = Arrays.stream(left).map(i -> place[columns[i]]).toArray();
          change.set(index(manager, targets), taken.matMul(lost));
        }
      }
      target.add(
          cut,
          change.transpose().toType(DataType.FLOAT32, false).reshape(1, rows.length, stay.length));
    }
  }

  /** (A_FF)⁻¹ A_FS. */
  private NDArray takenOver(NDManager manager, InputFactors.Block block, int[] left, int[] gone) {
    int n = block.columns().length;
    double[] elements = block.matrix();
    double mean = IntStream.range(0, n).mapToDouble(i -> elements[i * n + i]).average().orElse(0);
    NDArray rows = manager.create(elements, new Shape(n, n)).get(index(manager, left)).transpose();
    NDArray square = rows.get(index(manager, left));
    NDArray identity = manager.eye(left.length, left.length, 0, DataType.FLOAT64);
    double fraction = damping;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      NDArray inverse =
          TorchScript.inverseOfPositive(
              square.add(identity.mul(Math.max(fraction * mean, Float.MIN_NORMAL))));
      if (!inverse.get(new NDIndex("0, 0")).isNaN().getBoolean()) {
        return inverse.matMul(rows.get(index(manager, gone)).transpose());
      }
      fraction *= 10;
    }
    throw new ArithmeticException(
        "no inverse, not even with " + fraction / 10 + " of the diagonal");
  }

  private static int[] positions(int[] columns, IntPredicate wanted) {
    return IntStream.range(0, columns.length).filter(i -> wanted.test(columns[i])).toArray();
  }

  private static int[] at(int[] columns, int[] positions) {
    return Arrays.stream(positions).map(i -> columns[i]).toArray();
  }

  private static NDIndex index(NDManager manager, int[] at) {
    return new NDIndex("{}", manager.create(Arrays.stream(at).asLongStream().toArray()));
  }
}
