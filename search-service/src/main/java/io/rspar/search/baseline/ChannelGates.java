package io.rspar.search.baseline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.Network;
import io.rspar.runtime.Replacement;
import io.rspar.runtime.Torch;
import io.rspar.runtime.kernel.Owned;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Factors on the channels of a network, inside the graph that is differentiated: a factor
 * multiplies the weights that read its channel. For convolutions and matrix products that is the
 * same as multiplying the channel itself, but only where it is consumed: a channel of a residual
 * stream, which several blocks read and pass on, gets its factor once in each of them and not its
 * powers. A factor of 0 computes what the cut network computes (normalisations over the channel
 * axis excepted: they go on to count it).
 *
 * <p>Where no weight reads a group (queries and keys meet each other), its factors multiply what
 * computes the channels: the scales and shifts of a normalisation, else weights and biases.
 *
 * <p>The weights stay as they are and learn in the same pass: {@code ∂L/∂W = f · ∂L/∂(f W)}.
 */
final class ChannelGates implements AutoCloseable {
  private final NDManager manager = Torch.newManager();
  private final Network network;
  private final ChannelLayout layout;
  private final Map<String, Map<Integer, NDArray>> gates;
  private final Map<String, Map<Integer, NDArray>> producers;

  /**
   * @param dependencies of the network's own graph
   */
  ChannelGates(Network network, DependencyGraph dependencies) {
    this.network = network;
    List<ChannelGroup> groups = dependencies.groups();
    this.layout = new ChannelLayout(groups.stream().mapToInt(ChannelGroup::width).toArray());
    this.gates = places(groups, this::gate);
    this.producers = places(groups, group -> parameters(group.members(Role.PRODUCER)));
  }

  /** What gates the channels of a group. */
  private List<Member> gate(ChannelGroup group) {
    List<Member> consumers = parameters(group.members(Role.CONSUMER));
    if (!consumers.isEmpty()) {
      return consumers;
    }
    List<Member> own = parameters(group.members(Role.PARAMETER));
    List<Member> scales = own.stream().filter(m -> m.opType().endsWith("Normalization")).toList();
    if (!scales.isEmpty()) {
      return scales;
    }
    return Stream.concat(parameters(group.members(Role.PRODUCER)).stream(), own.stream()).toList();
  }

  private List<Member> parameters(List<Member> members) {
    return members.stream().filter(m -> network.parameters().containsKey(m.tensor())).toList();
  }

  /** By weight and axis, the place in the layout that belongs to each index. */
  private Map<String, Map<Integer, NDArray>> places(
      List<ChannelGroup> groups, Function<ChannelGroup, List<Member>> members) {
    Map<String, Map<Integer, long[]>> places = new LinkedHashMap<>();
    for (int g = 0; g < groups.size(); g++) {
      for (Member member : members.apply(groups.get(g))) {
        long[] onAxis =
            places
                .computeIfAbsent(member.tensor(), weight -> new LinkedHashMap<>())
                .computeIfAbsent(member.axis(), axis -> ungrouped(member.tensor(), axis));
        for (int channel = 0; channel < member.indices().length; channel++) {
          for (int index : member.indices()[channel]) {
            onAxis[index] = layout.place(g, channel);
          }
        }
      }
    }
    Map<String, Map<Integer, NDArray>> arrays = new LinkedHashMap<>();
    places.forEach(
        (weight, axes) -> {
          arrays.put(weight, new LinkedHashMap<>());
          axes.forEach((axis, row) -> arrays.get(weight).put(axis, index(row)));
        });
    return arrays;
  }

  /** Behind all channels: a place whose factor is always 1. */
  private long[] ungrouped(String weight, int axis) {
    long[] row = new long[(int) network.parameters().get(weight).getShape().get(axis)];
    Arrays.fill(row, layout.channels());
    return row;
  }

  private NDArray index(long[] places) {
    NDArray index = Owned.copy(manager.create(places));
    NDScope.unregister(index); // lives as long as this does, whatever scope the caller is in
    return index;
  }

  ChannelLayout layout() {
    return layout;
  }

  /**
   * Computes with factors until the result is closed.
   *
   * @param factors one per channel of all groups; those that require gradients receive them
   */
  Replacement apply(NDArray factors) {
    return network.replace(multiplied(gates, factors));
  }

  private Map<String, NDArray> multiplied(
      Map<String, Map<Integer, NDArray>> places, NDArray factors) {
    NDArray one = factors.getManager().ones(new Shape(1));
    NDArray extended = NDArrays.concat(new NDList(factors, one));
    Map<String, NDArray> multiplied = new LinkedHashMap<>();
    places.forEach(
        (weight, axes) -> {
          NDArray value = network.parameters().get(weight);
          for (Map.Entry<Integer, NDArray> entry : axes.entrySet()) {
            value = value.mul(along(extended.gather(entry.getValue(), 0), entry.getKey(), value));
          }
          multiplied.put(weight, value);
        });
    return multiplied;
  }

  /** The factors of an axis, shaped to be broadcast over the others. */
  private static NDArray along(NDArray factors, int axis, NDArray value) {
    long[] shape = new long[value.getShape().dimension()];
    Arrays.fill(shape, 1);
    shape[axis] = factors.size();
    return factors.reshape(new Shape(shape));
  }

  /** Makes factors part of the weights. */
  void fold(double[] factors) {
    keep(gates, factors);
  }

  /** Makes masks of 0 and 1 part of the weights that read the channels and of those before them. */
  void erase(double[] masks) {
    keep(gates, masks);
    keep(producers, masks);
  }

  private void keep(Map<String, Map<Integer, NDArray>> places, double[] factors) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      multiplied(places, row(manager, factors))
          .forEach((weight, value) -> value.copyTo(network.parameters().get(weight)));
    }
  }

  /** Factors in the engine's own memory. */
  static NDArray row(NDManager manager, double[] factors) {
    float[] values = new float[factors.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) factors[i];
    }
    return Owned.copy(manager.create(values));
  }

  @Override
  public void close() {
    manager.close();
  }
}
