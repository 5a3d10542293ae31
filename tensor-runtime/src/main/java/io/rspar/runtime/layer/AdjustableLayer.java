package io.rspar.runtime.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.shape.Shapes;
import io.rspar.runtime.Network;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A weighted layer of a network on the engine, whose weight can be changed, together with the
 * constant that it adds wherever the network keeps that: in the layer's own bias, in the running
 * mean of the BatchNorm behind it, or in an addition that follows.
 *
 * @param layer with an intercept column exactly if there is a place for it
 * @param path from the layer's output to the next non-linearity or branch
 */
public record AdjustableLayer(WeightedLayer layer, AffinePath path) {

  /**
   * The adjustable layers of a network by node name, in network order: those with a weight of their
   * own, which no other node reads.
   */
  public static Map<String, AdjustableLayer> of(Network network) {
    Graph graph = network.toGraph();
    Shapes shapes = Shapes.infer(graph);
    AffinePath.Finder paths = new AffinePath.Finder(graph, shapes, network);
    Map<String, Integer> reads = new HashMap<>();
    graph.nodes().forEach(n -> n.inputs().forEach(name -> reads.merge(name, 1, Integer::sum)));
    Map<String, AdjustableLayer> layers = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      WeightedLayer.of(shapes, node)
          .filter(layer -> network.parameters().containsKey(layer.weight()))
          .filter(layer -> reads.get(layer.weight()) == 1)
          .map(layer -> of(layer, paths.from(node, (long) layer.groups() * layer.outputs())))
          .ifPresent(layer -> layers.put(node.name(), layer));
    }
    return layers;
  }

  private static AdjustableLayer of(WeightedLayer layer, AffinePath path) {
    boolean shifted = path.shiftedMean().isPresent() || path.addedBias().isPresent();
    return new AdjustableLayer(shifted ? layer.withIntercept() : layer, path);
  }

  /** Name of the node. */
  public String name() {
    return layer.node().name();
  }

  /** Columns of the weight itself, without the intercept. */
  public int slopes() {
    return layer.inputs() * layer.patch();
  }

  /**
   * The present weight without the intercept.
   *
   * @return groups×O×I
   */
  public NDArray weight(Network network) {
    NDArray weight = network.parameters().get(layer.weight());
    return layer.isTransposed()
        ? weight.transpose().reshape(1, layer.outputs(), layer.inputs())
        : weight.reshape(layer.groups(), layer.outputs(), slopes());
  }

  /**
   * The layer's own bias.
   *
   * @return groups×O×1; empty if the node has none
   */
  public Optional<NDArray> bias(Network network) {
    return layer.bias().isEmpty()
        ? Optional.empty()
        : Optional.of(
            network.parameters().get(layer.bias()).reshape(layer.groups(), layer.outputs(), 1));
  }

  /**
   * Changes the weight, and with it the intercept, in place.
   *
   * @param change groups×O×I with the intercept as last column if the layer has one; float32
   */
  public void add(Network network, NDArray change) {
    NDArray slopes = change.get(new NDIndex(":, :, 0:{}", slopes()));
    NDArray weight = network.parameters().get(layer.weight());
    weight.addi(
        layer.isTransposed()
            ? slopes.reshape(layer.outputs(), layer.inputs()).transpose()
            : slopes.reshape(weight.getShape()));
    if (layer.hasIntercept()) {
      shift(network, change.get(new NDIndex(":, :, {}:", slopes())).reshape(-1));
    }
  }

  private void shift(Network network, NDArray shift) {
    if (!layer.bias().isEmpty()) {
      NDArray bias = network.parameters().get(layer.bias());
      bias.addi(shift.reshape(bias.getShape()));
    } else if (path.shiftedMean().isPresent()) {
      network.statistics().get(path.shiftedMean().get()).subi(shift);
    } else {
      NDArray bias = network.parameters().get(path.addedBias().orElseThrow());
      bias.addi(shift.reshape(bias.getShape()));
    }
  }
}
