package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.score.GroupNorm;
import io.rspar.runtime.Network;
import io.rspar.runtime.kernel.Owned;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Euclidean group norms of a network's present weights: {@link GroupNorm} with p = 2 and the mean
 * over members, on the engine. Inside recorded work they pass gradients on to the weights.
 */
public final class GroupNorms {
  /** Keeps the root's slope finite at a channel whose weights are all zero. */
  private static final double SMALLEST_SQUARE = 1e-12;

  private final List<Group> groups;

  /** A group's channels and the weights that count. */
  private record Group(int width, List<Member> weights) {}

  /**
   * @param dependencies of the network, as {@link Network#toGraph} gives it
   * @param parameters names of the network's parameters
   */
  public GroupNorms(DependencyGraph dependencies, Map<String, NDArray> parameters) {
    this.groups =
        dependencies.groups().stream().map(g -> group(dependencies, g, parameters)).toList();
  }

  private static Group group(
      DependencyGraph dependencies, ChannelGroup group, Map<String, NDArray> parameters) {
    return new Group(
        group.width(),
        GroupNorm.weights(dependencies, group).stream()
            .filter(member -> parameters.containsKey(member.tensor()))
            .toList());
  }

  /**
   * The norms.
   *
   * @param network weights as they are now
   * @return per group, in the order of {@link DependencyGraph#groups}, one norm per channel
   */
  public List<NDArray> of(Network network) {
    List<NDArray> norms = new ArrayList<>();
    for (Group group : groups) {
      norms.add(norm(group, network.parameters()));
    }
    return norms;
  }

  private static NDArray norm(Group group, Map<String, NDArray> parameters) {
    NDArray total = null;
    for (Member member : group.weights()) {
      NDArray squares = squares(parameters.get(member.tensor()), member, group.width());
      total = total == null ? squares : total.add(squares);
    }
    if (total == null) {
      return parameters.values().iterator().next().getManager().ones(new Shape(group.width()));
    }
    NDArray mean = Owned.over(total, group.weights().size());
    return mean.add(Owned.scalar(mean, SMALLEST_SQUARE)).sqrt();
  }

  /** Sum of squares of the entries that belong to each channel. */
  private static NDArray squares(NDArray weight, Member member, int width) {
    Shape shape = weight.getShape();
    long extent = shape.get(member.axis());
    long before = shape.slice(0, member.axis()).size();
    NDArray perIndex =
        weight
            .square()
            .reshape(before, extent, shape.size() / (before * extent))
            .sum(new int[] {0, 2});
    long[] indices =
        Arrays.stream(member.indices()).flatMapToInt(Arrays::stream).asLongStream().toArray();
    NDArray order = Owned.copy(weight.getManager().create(indices));
    return perIndex.gather(order, 0).reshape(width, indices.length / width).sum(new int[] {1});
  }
}
