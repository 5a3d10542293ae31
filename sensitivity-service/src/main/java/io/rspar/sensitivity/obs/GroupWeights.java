package io.rspar.sensitivity.obs;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.layer.AdjustableLayer;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.curvature.LayerFactors;
import io.rspar.sensitivity.curvature.Ledger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The weights from which the channels of a group are eliminated: the columns of its consumers,
 * since a removed channel's linear part can be re-absorbed where it was used; where no consumer has
 * curvature, the rows of its producers.
 */
final class GroupWeights {
  private final NDManager manager;
  private final Map<String, AdjustableLayer> layers;
  private final Map<String, LayerFactors> factors;
  private final double damping;
  private final Map<String, NDArray> inverses = new HashMap<>();
  private final Map<String, Integer> uses;
  private final Ledger ledger;
  private final List<String> warnings = new ArrayList<>();

  /**
   * @param manager owns the inverses
   * @param layers by node name
   * @param factors by node name, undamped; closed after their last use
   * @param groups all groups whose channels will be eliminated, each once
   * @param ledger hears what takes how long
   */
  GroupWeights(
      NDManager manager,
      Map<String, AdjustableLayer> layers,
      Map<String, LayerFactors> factors,
      double damping,
      List<ChannelGroup> groups,
      Ledger ledger) {
    this.manager = manager;
    this.layers = layers;
    this.factors = factors;
    this.damping = damping;
    this.uses = uses(layers, groups);
    this.ledger = ledger;
  }

  /**
   * Which layers need factors, and how often each is used: consumers, or producers of a group that
   * no layer consumes.
   *
   * @param layers by node name
   */
  static Map<String, Integer> uses(Map<String, AdjustableLayer> layers, List<ChannelGroup> groups) {
    Map<String, Integer> uses = new LinkedHashMap<>();
    for (ChannelGroup group : groups) {
      List<Member> consumers = weighted(layers, group, Role.CONSUMER);
      List<Member> members =
          consumers.isEmpty() ? weighted(layers, group, Role.PRODUCER) : consumers;
      members.forEach(member -> uses.merge(member.nodeName(), 1, Integer::sum));
    }
    return uses;
  }

  private static List<Member> weighted(
      Map<String, AdjustableLayer> layers, ChannelGroup group, Role role) {
    return group.members(role).stream()
        .filter(
            member ->
                layers.containsKey(member.nodeName())
                    && layers.get(member.nodeName()).layer().weight().equals(member.tensor()))
        .toList();
  }

  /**
   * One weight of a group.
   *
   * @param node the layer
   * @param convolutionGroup which of its convolution groups
   * @param columns of this convolution group's weight that the elimination is about
   */
  record Part(String node, int convolutionGroup, int[] columns, Elimination elimination) {}

  /** Columns of the group's consumers; empty if none of them has curvature. */
  List<Part> consumers(NDManager working, ChannelGroup group) {
    List<Part> parts = new ArrayList<>();
    for (Member member : weighted(layers, group, Role.CONSUMER)) {
      WeightedLayer layer = layers.get(member.nodeName()).layer();
      LayerFactors f = factors.get(member.nodeName());
      for (int b = 0; b < f.a().size(); b++) {
        LayerFactors.InputBlock block = f.a().get(b);
        int[][] columns = within(block.columns(), layer, member.indices());
        if (Arrays.stream(columns).allMatch(channel -> channel.length == 0)) {
          continue;
        }
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray weight = block.rowsOf(weight(working, layer, block.group()));
          parts.add(
              new Part(
                  member.nodeName(),
                  block.group(),
                  block.columns(),
                  new Elimination(
                      working,
                      weight,
                      weight.matMul(f.g(block.group())),
                      block.matrix(),
                      inverse(member.nodeName() + " A" + b, block.matrix()),
                      columns)));
        }
      }
      used(member.nodeName());
    }
    return parts;
  }

  /** Rows of the group's producers, where they are not convolutions in groups. */
  List<Part> producers(NDManager working, ChannelGroup group) {
    List<Part> parts = new ArrayList<>();
    for (Member member : weighted(layers, group, Role.PRODUCER)) {
      WeightedLayer layer = layers.get(member.nodeName()).layer();
      LayerFactors f = factors.get(member.nodeName());
      if (layer.groups() == 1) {
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray weight = weight(working, layer, 0);
          parts.add(
              new Part(
                  member.nodeName(),
                  0,
                  new int[0],
                  new Elimination(
                      working,
                      weight,
                      f.timesA(weight, 0),
                      f.g(0),
                      inverse(member.nodeName() + " G", f.g(0)),
                      member.indices())));
        }
      }
      used(member.nodeName());
    }
    return parts;
  }

  private static NDArray weight(NDManager manager, WeightedLayer layer, int group) {
    return manager.create(layer.rows()[group], new Shape(layer.outputs(), layer.columns()));
  }

  /** Frees a layer's factors and inverses with their last use. */
  private void used(String node) {
    if (uses.merge(node, -1, Integer::sum) == 0) {
      factors.get(node).close();
      inverses.keySet().removeIf(name -> closed(name, node));
    }
  }

  private boolean closed(String name, String node) {
    boolean belongs = name.startsWith(node + " ");
    if (belongs) {
      inverses.get(name).close();
    }
    return belongs;
  }

  /** Where the columns of each channel lie among those of a block; none if they lie in another. */
  private static int[][] within(int[] block, WeightedLayer layer, int[][] channels) {
    int[] position = new int[layer.columns()];
    Arrays.fill(position, -1);
    for (int i = 0; i < block.length; i++) {
      position[block[i]] = i;
    }
    int[][] columns = new int[channels.length][];
    for (int c = 0; c < channels.length; c++) {
      columns[c] =
          Arrays.stream(layer.columnsOf(channels[c]))
              .map(column -> position[column])
              .filter(at -> at >= 0)
              .toArray();
    }
    return columns;
  }

  private NDArray inverse(String name, NDArray factor) {
    return inverses.computeIfAbsent(
        name,
        key -> {
          long start = System.nanoTime();
          DampedInverse inverse = DampedInverse.of(manager, factor, damping);
          ledger.book(Ledger.Phase.INVERSES, name, start);
          if (inverse.damping() > damping) {
            warnings.add(
                "Factor "
                    + name
                    + " needed a damping of "
                    + inverse.damping()
                    + " to be inverted.");
          }
          return inverse.matrix();
        });
  }

  /** What went differently than asked for. */
  List<String> warnings() {
    return warnings;
  }

  /**
   * Changes of the consumers' weights so far, by node name: one O×I array per convolution group.
   */
  Map<String, float[][]> changes(List<Part> parts) {
    Map<String, float[][]> changes = new LinkedHashMap<>();
    for (Part part : parts) {
      WeightedLayer layer = layers.get(part.node()).layer();
      int all = layer.columns();
      float[] change =
          changes
              .computeIfAbsent(
                  part.node(), node -> new float[layer.groups()][layer.outputs() * all])[
              part.convolutionGroup()];
      double[] now = part.elimination().weight();
      double[] before = layer.rows()[part.convolutionGroup()];
      int some = part.columns().length;
      for (int o = 0; o < layer.outputs(); o++) {
        for (int i = 0; i < some; i++) {
          int at = o * all + part.columns()[i];
          change[at] = (float) (now[o * some + i] - before[at]);
        }
      }
    }
    return changes;
  }
}
