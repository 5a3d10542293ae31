package io.rspar.pruner.compensation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import io.rspar.graph.surgery.Kept;
import io.rspar.runtime.LayerwisePass;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.layer.AdjustableLayer;
import io.rspar.runtime.layer.Lattice;
import io.rspar.runtime.layer.WeightedLayer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Repairs a cut network without gradients: layer by layer in network order, each weight is
 * regressed from what the cut and so far repaired network shows the layer onto what the dense
 * network has after the next residual addition, less what the cut network's other path brings.
 *
 * <p>Least-squares reconstruction of one layer's output is due to He et al. 2017 (Channel Pruning,
 * arXiv 1707.06168) and, sequentially on the pruned network's own activations, to Luo et al. 2017
 * (ThiNet, arXiv 1707.06342); for one layer and the dense network's activations it is the Optimal
 * Brain Surgeon's compensation for a set of columns. Taking the target behind the addition also
 * repairs the drift that earlier cuts brought into the residual stream.
 */
public final class SequentialLeastSquares {
  /** Output positions of a convolution that an example shows at least. */
  private static final int POSITIONS = 64;

  /** Hears how far the walk is. */
  @FunctionalInterface
  public interface Listener {
    void layer(int done, int of, String node);
  }

  private final Network cut;
  private final Network dense;
  private final Kept kept;
  private final double ridge;
  private final Map<String, AdjustableLayer> layers;

  /**
   * @param cut the cut network; its weights are changed
   * @param dense the original
   * @param kept which of the original's channels the cut network has
   * @param ridge pull towards the present weights, as a fraction of the mean square input
   */
  public SequentialLeastSquares(Network cut, Network dense, Kept kept, double ridge) {
    this.cut = cut;
    this.dense = dense;
    this.kept = kept;
    this.ridge = ridge;
    this.layers = AdjustableLayer.of(cut);
  }

  /**
   * Repairs all layers.
   *
   * @param batches examples; all are held in memory at once, with what later layers need of the
   *     values computed from them: see {@link Network#layerwiseBytes}, for both networks
   */
  public void run(List<Batch> batches, Listener listener) {
    Map<String, Integer> uses = new HashMap<>();
    layers.values().forEach(layer -> used(layer).forEach(v -> uses.merge(v, 1, Integer::sum)));
    try (LayerwisePass actual = cut.layerwise(batches, uses.keySet());
        LayerwisePass wanted = dense.layerwise(batches, uses.keySet())) {
      int done = 0;
      for (Node node : actual.nodes()) {
        AdjustableLayer layer = layers.get(node.name());
        if (layer != null) {
          listener.layer(done++, layers.size(), node.name());
          actual.runBefore(node);
          wanted.runThrough(layer.path().end());
          repair(layer, actual, wanted);
          for (String value : used(layer)) {
            if (uses.merge(value, -1, Integer::sum) == 0) {
              actual.release(value);
              wanted.release(value);
            }
          }
        }
      }
    }
  }

  /** Values that the repair of a layer looks at, in both networks. */
  private static Set<String> used(AdjustableLayer layer) {
    Set<String> used = new HashSet<>(layer.path().others());
    used.add(layer.path().end());
    return used;
  }

  private void repair(AdjustableLayer layer, LayerwisePass actual, LayerwisePass wanted) {
    try (NDManager manager = Torch.newManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      WeightedLayer shape = layer.layer();
      NormalEquations equations =
          new NormalEquations(manager, shape.groups(), shape.columns(), shape.outputs());
      for (int batch = 0; batch < actual.batches(); batch++) {
        observe(equations, layer, actual, wanted, batch);
      }
      NDArray change = equations.solve(ridge).toType(DataType.FLOAT32, false);
      layer.add(
          cut,
          layer
              .path()
              .open(cut)
              .map(open -> change.mul(open.reshape(shape.groups(), shape.outputs(), 1)))
              .orElse(change));
    }
  }

  private void observe(
      NormalEquations equations,
      AdjustableLayer layer,
      LayerwisePass actual,
      LayerwisePass wanted,
      int batch) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      String end = layer.path().end();
      NDArray value = keptOf(wanted.value(batch, end), end, layer);
      NDArray target =
          layer
              .path()
              .invert(
                  value,
                  channelAxis(layer, value),
                  cut,
                  name -> {
                    NDArray other = actual.value(batch, name);
                    return other != null ? other : keptOf(wanted.value(batch, name), name, layer);
                  });
      Lattice lattice = layer.layer().lattice(POSITIONS, target.getShape(), batch);
      NDArray x =
          layer.layer().allPatches(actual.value(batch, layer.layer().node().input(0)), lattice);
      NDArray lacking = layer.layer().allOutputs(target, lattice).sub(layer.weight(cut).matMul(x));
      NDArray residual = layer.bias(cut).map(lacking::sub).orElse(lacking);
      equations.add(layer.layer().hasIntercept() ? withOnes(x) : x, residual);
    }
  }

  /** G×I×n → G×(I+1)×n. */
  private static NDArray withOnes(NDArray x) {
    Shape shape = x.getShape();
    NDArray ones = x.getManager().ones(new Shape(shape.get(0), 1, shape.get(2)));
    return NDArrays.concat(new NDList(x, ones), 1);
  }

  private static int channelAxis(AdjustableLayer layer, NDArray value) {
    return layer.layer().isConvolution() ? 1 : value.getShape().dimension() - 1;
  }

  /** The channels of a dense value that the cut network has. */
  private NDArray keptOf(NDArray value, String name, AdjustableLayer layer) {
    int axis = channelAxis(layer, value);
    return kept.indices(name, axis)
        .map(
            indices ->
                value.get(
                    new NDIndex(
                        ":, ".repeat(axis) + "{}",
                        value
                            .getManager()
                            .create(Arrays.stream(indices).asLongStream().toArray()))))
        .orElse(value);
  }
}
