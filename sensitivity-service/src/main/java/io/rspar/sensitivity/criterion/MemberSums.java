package io.rspar.sensitivity.criterion;

import io.rspar.events.GroupReduction;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;

/**
 * Brings a quantity that every weight element has (w·∂L/∂w, w²·F) together into one number per
 * channel: summed over the elements that belong to the channel in each member of the group, rows
 * and columns alike, then over the members.
 */
final class MemberSums {
  private final Map<String, float[]> elements;
  private final Map<String, long[]> shapes;
  private final DoubleUnaryOperator perMember;
  private final GroupReduction reduction;

  /**
   * @param elements the quantity by name of the weight, row-major
   * @param shapes shapes of these weights
   * @param perMember applied to a channel's sum in one member: the magnitude, for instance
   * @param reduction how members come together
   */
  MemberSums(
      Map<String, float[]> elements,
      Map<String, long[]> shapes,
      DoubleUnaryOperator perMember,
      GroupReduction reduction) {
    this.elements = elements;
    this.shapes = shapes;
    this.perMember = perMember;
    this.reduction = reduction;
  }

  /** One number per channel; empty if no member of the group has the quantity. */
  Optional<double[]> of(ChannelGroup group) {
    double[] total = new double[group.width()];
    int members = 0;
    Set<String> seen = new HashSet<>();
    for (Member member : group.members()) {
      float[] values = elements.get(member.tensor());
      // A weight that two nodes share counts once.
      if (values == null || !seen.add(member.axis() + " " + member.tensor())) {
        continue;
      }
      double[] perIndex = alongAxis(values, shapes.get(member.tensor()), member.axis());
      for (int channel = 0; channel < total.length; channel++) {
        double sum = 0;
        for (int index : member.indices()[channel]) {
          sum += perIndex[index];
        }
        total[channel] += perMember.applyAsDouble(sum);
      }
      members++;
    }
    if (members == 0) {
      return Optional.empty();
    }
    if (reduction == GroupReduction.MEAN) {
      for (int channel = 0; channel < total.length; channel++) {
        total[channel] /= members;
      }
    }
    return Optional.of(total);
  }

  /** For each index of the axis, the sum over all other axes. */
  private static double[] alongAxis(float[] values, long[] shape, int axis) {
    int inner = 1;
    for (int i = axis + 1; i < shape.length; i++) {
      inner *= (int) shape[i];
    }
    double[] sums = new double[(int) shape[axis]];
    for (int i = 0; i < values.length; i++) {
      sums[i / inner % sums.length] += values[i];
    }
    return sums;
  }
}
