package io.rspar.graph.score;

import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.coupling.Member;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Norm of all weights of a channel: output rows, input columns, depthwise filters and normalisation
 * scales (DepGraph, CVPR 2023, "group norm"). For each member the sum of |w|^p over the channel's
 * entries; these are averaged or summed over the members, and the p-th root is taken. Biases,
 * shifts and running statistics do not count, as in DepGraph.
 *
 * @param p 1 or 2
 * @param reduction how members come together
 */
public record GroupNorm(int p, Reduction reduction) implements DataFreeCriterion {
  /** How the members of a group come together. */
  public enum Reduction {
    /** DepGraph's choice: long groups weigh as much as short ones. */
    MEAN,
    SUM
  }

  public GroupNorm {
    if (p != 1 && p != 2) {
      throw new IllegalArgumentException("p is 1 or 2, not " + p);
    }
  }

  @Override
  public double[] score(Graph graph, DependencyGraph dependencies, ChannelGroup group) {
    double[] total = new double[group.width()];
    List<Member> members = weights(dependencies, group);
    for (Member member : members) {
      Tensor tensor = dependencies.shapes().constant(member.tensor()).orElseThrow();
      double[] perIndex = powerSums(tensor, member.axis());
      for (int channel = 0; channel < total.length; channel++) {
        for (int index : member.indices()[channel]) {
          total[channel] += perIndex[index];
        }
      }
    }
    for (int channel = 0; channel < total.length; channel++) {
      double reduced =
          reduction == Reduction.MEAN
              ? total[channel] / Math.max(1, members.size())
              : total[channel];
      total[channel] = p == 2 ? Math.sqrt(reduced) : reduced;
    }
    return total;
  }

  /**
   * The members of a group that count, in network order; a weight that two nodes share counts once.
   */
  public static List<Member> weights(DependencyGraph dependencies, ChannelGroup group) {
    Set<String> seen = new HashSet<>();
    return group.members().stream()
        .filter(
            member ->
                isWeight(
                    dependencies.node(member.nodeName()),
                    member,
                    dependencies.shapes().constant(member.tensor()).orElseThrow()))
        .filter(member -> seen.add(member.axis() + " " + member.tensor()))
        .toList();
  }

  private static boolean isWeight(Node reader, Member member, Tensor tensor) {
    boolean scale =
        reader.opType().endsWith("Normalization") && reader.input(1).equals(member.tensor());
    boolean shift = reader.opType().equals("Add") || reader.opType().equals("Sub");
    return tensor.type().isFloatingPoint() && !shift && (scale || tensor.shape().rank() >= 2);
  }

  /** For each index of the axis, the sum of |w|^p over all other axes. */
  private double[] powerSums(Tensor tensor, int axis) {
    Shape shape = tensor.shape();
    int extent = (int) shape.dim(axis);
    int inner = 1;
    for (int i = axis + 1; i < shape.rank(); i++) {
      inner *= (int) shape.dim(i);
    }
    double[] sums = new double[extent];
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      double magnitude = Math.abs((double) values[i]);
      sums[i / inner % extent] += p == 2 ? magnitude * magnitude : magnitude;
    }
    return sums;
  }
}
