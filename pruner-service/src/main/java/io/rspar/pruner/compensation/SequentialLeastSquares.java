package io.rspar.pruner.compensation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.shape.Shapes;
import io.rspar.graph.surgery.Kept;
import io.rspar.runtime.LayerwisePass;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.layer.AffinePath;
import io.rspar.runtime.layer.Lattice;
import io.rspar.runtime.layer.WeightedLayer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
  private static final long PATCH_BYTES = 16L << 20;

  /** Hears how far the walk is. */
  @FunctionalInterface
  public interface Listener {
    void layer(int done, int of, String node);
  }

  private final Network cut;
  private final Network dense;
  private final Kept kept;
  private final double ridge;
  private final Map<String, WeightedLayer> layers = new LinkedHashMap<>();
  private final Map<String, AffinePath> paths = new LinkedHashMap<>();

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
    Graph graph = cut.toGraph();
    Shapes shapes = Shapes.infer(graph);
    AffinePath.Finder finder = new AffinePath.Finder(graph, shapes, cut);
    for (Node node : graph.nodes()) {
      WeightedLayer.of(shapes, node)
          .filter(layer -> cut.parameters().containsKey(layer.weight()))
          .ifPresent(
              layer -> {
                layers.put(node.name(), layer);
                paths.put(node.name(), finder.from(node, (long) layer.groups() * layer.outputs()));
              });
    }
  }

  /** Repairs all layers on these batches. */
  public void run(List<NDArray> batches, Listener listener) {
    Set<String> retained = new HashSet<>();
    paths
        .values()
        .forEach(
            path -> {
              retained.add(path.end());
              retained.addAll(path.others());
            });
    try (LayerwisePass actual = cut.layerwise(batches, retained);
        LayerwisePass wanted = dense.layerwise(batches, retained)) {
      int done = 0;
      for (Node node : actual.nodes()) {
        WeightedLayer layer = layers.get(node.name());
        if (layer == null) {
          continue;
        }
        listener.layer(done++, layers.size(), node.name());
        actual.runBefore(node);
        AffinePath path = paths.get(node.name());
        wanted.runThrough(path.end());
        repair(layer, path, actual, wanted);
      }
    }
  }

  private void repair(
      WeightedLayer layer, AffinePath path, LayerwisePass actual, LayerwisePass wanted) {
    try (NDManager manager = Torch.newManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      boolean intercept =
          layer.hasIntercept() || path.shiftedMean().isPresent() || path.addedBias().isPresent();
      int patch = layer.inputs() * layer.patch();
      int columns = patch + (intercept ? 1 : 0);
      NDArray weight = matrix(layer, cut.parameters().get(layer.weight()));
      NDArray bias =
          layer.hasIntercept()
              ? cut.parameters()
                  .get(layer.node().input(2))
                  .reshape(layer.groups(), layer.outputs(), 1)
              : null;
      NormalEquations equations =
          new NormalEquations(manager, layer.groups(), columns, layer.outputs());
      for (int batch = 0; batch < actual.batches(); batch++) {
        add(equations, layer, path, actual, wanted, batch, weight, bias, intercept);
      }
      NDArray solved = equations.solve(ridge).toType(DataType.FLOAT32, false);
      NDArray change =
          path.open(cut)
              .map(open -> solved.mul(open.reshape(layer.groups(), layer.outputs(), 1)))
              .orElse(solved);
      apply(layer, path, change, patch, intercept);
    }
  }

  private void add(
      NormalEquations equations,
      WeightedLayer layer,
      AffinePath path,
      LayerwisePass actual,
      LayerwisePass wanted,
      int batch,
      NDArray weight,
      NDArray bias,
      boolean intercept) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray input = actual.value(batch, layer.node().input(0));
      NDArray end = keptOf(wanted.value(batch, path.end()), path.end(), layer);
      int axis = channelAxis(layer, end);
      NDArray target =
          path.invert(
              end,
              axis,
              cut,
              name -> {
                NDArray other = actual.value(batch, name);
                return other != null ? other : keptOf(wanted.value(batch, name), name, layer);
              });
      Lattice lattice =
          layer.kernel().length == 2
              ? Lattice.of(target.getShape().get(2), target.getShape().get(3), batch)
              : Lattice.EVERY;
      NDArray x = layer.allPatches(input, lattice);
      NDArray y = layer.allOutputs(target, lattice);
      NDArray s = weight.matMul(x);
      NDArray r = y.sub(bias == null ? s : s.add(bias));
      if (intercept) {
        Shape shape = x.getShape();
        x =
            NDArrays.concat(
                new NDList(x, x.getManager().ones(new Shape(shape.get(0), 1, shape.get(2)))), 1);
      }
      equations.add(x, r);
    }
  }

  private static int channelAxis(WeightedLayer layer, NDArray value) {
    return layer.node().opType().equals("Conv") ? 1 : value.getShape().dimension() - 1;
  }

  /** The channels of a dense value that the cut network has. */
  private NDArray keptOf(NDArray value, String name, WeightedLayer layer) {
    int axis = channelAxis(layer, value);
    return kept.indices(name, axis)
        .map(
            indices -> {
              long[] wide = new long[indices.length];
              for (int i = 0; i < wide.length; i++) {
                wide[i] = indices[i];
              }
              return value.get(
                  new NDIndex(":, ".repeat(axis) + "{}", value.getManager().create(wide)));
            })
        .orElse(value);
  }

  /** A weight as groups×O×I. */
  private static NDArray matrix(WeightedLayer layer, NDArray weight) {
    return layer.isTransposed()
        ? weight.transpose().reshape(1, layer.outputs(), layer.inputs())
        : weight.reshape(layer.groups(), layer.outputs(), (long) layer.inputs() * layer.patch());
  }

  private void apply(
      WeightedLayer layer, AffinePath path, NDArray change, int patch, boolean intercept) {
    NDArray slopes = change.get(new NDIndex(":, :, 0:{}", patch));
    NDArray weight = cut.parameters().get(layer.weight());
    weight.addi(
        layer.isTransposed()
            ? slopes.reshape(layer.outputs(), layer.inputs()).transpose()
            : slopes.reshape(weight.getShape()));
    if (!intercept) {
      return;
    }
    NDArray shift = change.get(new NDIndex(":, :, {}:", patch)).reshape(-1);
    if (layer.hasIntercept()) {
      cut.parameters().get(layer.node().input(2)).addi(shift);
    } else if (path.shiftedMean().isPresent()) {
      cut.statistics().get(path.shiftedMean().get()).subi(shift);
    } else {
      NDArray bias = cut.parameters().get(path.addedBias().orElseThrow());
      bias.addi(shift.reshape(bias.getShape()));
    }
  }

  /** Names of the layers that are repaired, in network order. */
  public List<String> layers() {
    return new ArrayList<>(layers.keySet());
  }
}
