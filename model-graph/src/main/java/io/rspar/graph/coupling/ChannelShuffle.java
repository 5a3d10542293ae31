package io.rspar.graph.coupling;

import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.TopologicalOrder;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.shape.Shapes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Three nodes that only reorder the indices of one axis: Reshape splits it, Transpose swaps the
 * parts, Reshape merges them (ShuffleNet, Zhang et al., CVPR 2018). Taken one by one they allow
 * whole blocks to be cut; taken together they are a Gather, and every channel is free. The cut
 * network has the Gather.
 *
 * @param split the Reshape whose input is reordered
 * @param merge the Reshape whose output is the reordered value
 * @param axis axis that is reordered, of input and output alike
 * @param source {@code source[i]} is the index of the input that becomes index i of the output
 */
// Plain array: read in inner loops, never compared and never changed.
@SuppressWarnings("ArrayRecordComponent")
public record ChannelShuffle(Node split, Node transpose, Node merge, int axis, int[] source) {
  /** Name of the value that is reordered. */
  public String input() {
    return split.input(0);
  }

  /** Name of the reordered value. */
  public String output() {
    return merge.output(0);
  }

  /** All shuffles of a graph, in its order. */
  static List<ChannelShuffle> find(Graph graph, Shapes shapes) {
    Map<String, Node> writers = new HashMap<>();
    Map<String, List<Node>> readers = new HashMap<>();
    for (Node node : graph.nodes()) {
      node.outputs().forEach(output -> writers.put(output, node));
      TopologicalOrder.reads(node)
          .forEach(input -> readers.computeIfAbsent(input, v -> new ArrayList<>()).add(node));
    }
    List<String> outputs = graph.outputs().stream().map(ValueInfo::name).toList();
    List<ChannelShuffle> found = new ArrayList<>();
    for (Node transpose : graph.nodes()) {
      Node split = writers.get(transpose.input(0));
      List<Node> after = readers.getOrDefault(transpose.output(0), List.of());
      boolean chain =
          is(transpose, "Transpose")
              && split != null
              && is(split, "Reshape")
              && readers.get(split.output(0)).size() == 1
              && !outputs.contains(split.output(0))
              && after.size() == 1
              && is(after.get(0), "Reshape")
              && after.get(0).input(0).equals(transpose.output(0))
              && !outputs.contains(transpose.output(0));
      if (chain) {
        of(split, transpose, after.get(0), shapes).ifPresent(found::add);
      }
    }
    return found;
  }

  private static boolean is(Node node, String opType) {
    return node.opType().equals(opType) && node.domain().isEmpty();
  }

  private static Optional<ChannelShuffle> of(
      Node split, Node transpose, Node merge, Shapes shapes) {
    Optional<ChannelShuffle> shuffle = Optional.empty();
    List<NodeFacts> splits = shapes.witnesses(split);
    List<NodeFacts> merges = shapes.witnesses(merge);
    for (int w = 0; w < splits.size(); w++) {
      Shape input = splits.get(w).input(0);
      Shape parts = splits.get(w).output(0);
      Shape output = merges.get(w).output(0);
      if (!input.isStatic() || !parts.isStatic() || !output.isStatic() || !input.equals(output)) {
        return Optional.empty();
      }
      Optional<ChannelShuffle> here = of(split, transpose, merge, input, parts);
      if (here.isEmpty() || (shuffle.isPresent() && !shuffle.get().isSame(here.get()))) {
        return Optional.empty();
      }
      shuffle = here;
    }
    return shuffle;
  }

  private boolean isSame(ChannelShuffle other) {
    return axis == other.axis && java.util.Arrays.equals(source, other.source);
  }

  private static Optional<ChannelShuffle> of(
      Node split, Node transpose, Node merge, Shape input, Shape parts) {
    int axis = 0;
    while (axis < input.rank() && axis < parts.rank() && input.dim(axis) == parts.dim(axis)) {
      axis++;
    }
    if (axis == input.rank()) {
      return Optional.empty();
    }
    long product = 1;
    int end = axis;
    while (end < parts.rank() && product < input.dim(axis)) {
      product *= parts.dim(end++);
    }
    int[] permutation = permutation(transpose, parts.rank());
    for (int i = 0; i < permutation.length; i++) {
      boolean inside = i >= axis && i < end;
      boolean fromInside = permutation[i] >= axis && permutation[i] < end;
      if (inside ? !fromInside : permutation[i] != i) {
        return Optional.empty();
      }
    }
    return product == input.dim(axis)
        ? Optional.of(
            new ChannelShuffle(
                split, transpose, merge, axis, source(parts, permutation, axis, end)))
        : Optional.empty();
  }

  private static int[] permutation(Node transpose, int rank) {
    long[] given = transpose.intsAttribute("perm").orElse(null);
    return IntStream.range(0, rank)
        .map(i -> given == null ? rank - 1 - i : (int) given[i])
        .toArray();
  }

  /** For each index of the merged axis, the index of the axis before it was split. */
  private static int[] source(Shape parts, int[] permutation, int axis, int end) {
    long[] strides = new long[end];
    long stride = 1;
    for (int i = end - 1; i >= axis; i--) {
      strides[i] = stride;
      stride *= parts.dim(i);
    }
    int[] source = new int[Math.toIntExact(stride)];
    for (int i = 0; i < source.length; i++) {
      long rest = i;
      long from = 0;
      for (int p = end - 1; p >= axis; p--) {
        long extent = parts.dim(permutation[p]);
        from += rest % extent * strides[permutation[p]];
        rest /= extent;
      }
      source[i] = (int) from;
    }
    return source;
  }
}
