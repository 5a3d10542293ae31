package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.layer.WeightedLayer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which columns of a layer's weight share a block of its input factor A. All of them, unless A
 * would be larger than a limit: then channels are dealt out to blocks in their order, no channel to
 * two, and what lies outside of the diagonal blocks is taken for zero.
 *
 * @param columns columns of each block; an intercept is the last of the last block
 * @param isWhole whether there is one block per convolution group, in the order of the weight
 */
record ColumnBlocks(List<int[]> columns, boolean isWhole, boolean hasIntercept) {

  /**
   * @param groups the channels that must not be torn apart
   * @param limit rows of the largest block, unless one channel alone has more
   */
  static ColumnBlocks of(WeightedLayer layer, List<ChannelGroup> groups, int limit) {
    if (layer.columns() <= limit || layer.groups() > 1) {
      return new ColumnBlocks(
          List.of(IntStream.range(0, layer.columns()).toArray()), true, layer.hasIntercept());
    }
    List<int[]> blocks = new ArrayList<>();
    List<Integer> current = new ArrayList<>();
    for (int[] channel : channels(layer, groups)) {
      if (!current.isEmpty() && current.size() + channel.length > limit) {
        blocks.add(current.stream().mapToInt(c -> c).toArray());
        current.clear();
      }
      Arrays.stream(channel).forEach(current::add);
    }
    if (layer.hasIntercept()) {
      current.add(layer.columns() - 1);
    }
    blocks.add(current.stream().mapToInt(c -> c).toArray());
    return new ColumnBlocks(List.copyOf(blocks), false, layer.hasIntercept());
  }

  /** Columns of each channel; input channels that belong to none come one by one. */
  private static List<int[]> channels(WeightedLayer layer, List<ChannelGroup> groups) {
    boolean[] taken = new boolean[layer.inputs()];
    List<int[]> channels = new ArrayList<>();
    for (ChannelGroup group : groups) {
      for (Member member : group.members(Role.CONSUMER)) {
        if (member.nodeName().equals(layer.node().name())
            && member.tensor().equals(layer.weight())) {
          for (int[] indices : member.indices()) {
            channels.add(layer.columnsOf(indices));
            Arrays.stream(indices).forEach(i -> taken[i] = true);
          }
        }
      }
    }
    IntStream.range(0, taken.length)
        .filter(i -> !taken[i])
        .forEach(i -> channels.add(layer.columnsOf(new int[] {i})));
    return channels;
  }

  /** The rows of patches (I×n, without the intercept) that belong to a block. */
  NDArray rowsOf(NDArray patches, int block) {
    int[] rows = columns.get(block);
    boolean intercept = hasIntercept && block == columns.size() - 1;
    return patches.get(
        index(patches.getManager(), intercept ? Arrays.copyOf(rows, rows.length - 1) : rows));
  }

  /** An index of rows. */
  static NDIndex index(NDManager manager, int[] rows) {
    return new NDIndex("{}", manager.create(Arrays.stream(rows).asLongStream().toArray()));
  }
}
