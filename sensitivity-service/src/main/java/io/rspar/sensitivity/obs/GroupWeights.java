package io.rspar.sensitivity.obs;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.layer.AdjustableLayer;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.curvature.LayerFactors;
import java.util.ArrayList;
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
  private final List<String> warnings = new ArrayList<>();

  /**
   * @param manager owns the inverses
   * @param layers by node name
   * @param factors by node name, undamped
   */
  GroupWeights(
      NDManager manager,
      Map<String, AdjustableLayer> layers,
      Map<String, LayerFactors> factors,
      double damping) {
    this.manager = manager;
    this.layers = layers;
    this.factors = factors;
    this.damping = damping;
  }

  /**
   * One weight of a group.
   *
   * @param node the layer
   * @param convolutionGroup which of its convolution groups
   * @param elimination from which channels go
   */
  record Part(String node, int convolutionGroup, Elimination elimination) {}

  /** Columns of the group's consumers; empty if none of them has curvature. */
  List<Part> consumers(NDManager working, ChannelGroup group) {
    List<Part> parts = new ArrayList<>();
    for (Member member : group.members(Role.CONSUMER)) {
      WeightedLayer layer = layerOf(member);
      for (int k = 0; layer != null && k < layer.groups(); k++) {
        LayerFactors f = factors.get(member.nodeName());
        parts.add(
            new Part(
                member.nodeName(),
                k,
                new Elimination(
                    working,
                    layer.rows()[k],
                    f.g()[k],
                    f.a()[k],
                    inverse(member.nodeName() + " A" + k, f.a()[k], f.inputs()),
                    columns(member.indices(), layer.patch()))));
      }
    }
    return parts;
  }

  /** Rows of the group's producers, where they are not convolutions in groups. */
  List<Part> producers(NDManager working, ChannelGroup group) {
    List<Part> parts = new ArrayList<>();
    for (Member member : group.members(Role.PRODUCER)) {
      WeightedLayer layer = layerOf(member);
      if (layer != null && layer.groups() == 1) {
        LayerFactors f = factors.get(member.nodeName());
        parts.add(
            new Part(
                member.nodeName(),
                0,
                new Elimination(
                    working,
                    transposed(layer.rows()[0], f.outputs(), f.inputs()),
                    f.a()[0],
                    f.g()[0],
                    inverse(member.nodeName() + " G", f.g()[0], f.outputs()),
                    member.indices())));
      }
    }
    return parts;
  }

  private WeightedLayer layerOf(Member member) {
    AdjustableLayer layer = layers.get(member.nodeName());
    return layer != null && layer.layer().weight().equals(member.tensor()) ? layer.layer() : null;
  }

  private NDArray inverse(String name, double[] factor, int size) {
    return inverses.computeIfAbsent(
        name,
        key -> {
          DampedInverse inverse = DampedInverse.of(manager, factor, size, damping);
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

  private static int[][] columns(int[][] channels, int patch) {
    int[][] columns = new int[channels.length][];
    for (int c = 0; c < channels.length; c++) {
      columns[c] = new int[channels[c].length * patch];
      for (int i = 0; i < columns[c].length; i++) {
        columns[c][i] = channels[c][i / patch] * patch + i % patch;
      }
    }
    return columns;
  }

  private static double[] transposed(double[] matrix, int rows, int columns) {
    double[] result = new double[matrix.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        result[c * rows + r] = matrix[r * columns + c];
      }
    }
    return result;
  }

  /**
   * Changes of the consumers' weights so far, by node name: one O×I array per convolution group.
   */
  Map<String, double[][]> changes(List<Part> parts) {
    Map<String, double[][]> changes = new LinkedHashMap<>();
    for (Part part : parts) {
      WeightedLayer layer = layers.get(part.node()).layer();
      double[] now = part.elimination().weight();
      double[] before = layer.rows()[part.convolutionGroup()];
      for (int i = 0; i < now.length; i++) {
        now[i] -= before[i];
      }
      changes
              .computeIfAbsent(part.node(), node -> new double[layer.groups()][])[
              part.convolutionGroup()] =
          now;
    }
    return changes;
  }
}
