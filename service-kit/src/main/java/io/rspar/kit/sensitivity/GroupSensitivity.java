package io.rspar.kit.sensitivity;

import io.rspar.graph.surgery.PruningPlan;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Scores and error curve of one group of coupled channels.
 *
 * @param group id of the group in the dependency graph
 * @param scores per channel; a higher score means that its removal hurts more. Nats where the
 *     criterion is second-order, otherwise in the criterion's own unit
 * @param removalOrder channel indices, the first to go first; ties by channel index
 * @param curve {@code curve[k]} is the estimated cost of removing the first {@code k} channels of
 *     {@code removalOrder}; {@code width + 1} entries, never falling, {@code curve[0] = 0}
 * @param measured points of the curve that were measured rather than estimated, in falling width
 */
public record GroupSensitivity(
    String group,
    double[] scores,
    int[] removalOrder,
    double[] curve,
    List<MeasuredLoss> measured) {

  public GroupSensitivity {
    if (removalOrder.length != scores.length || curve.length != scores.length + 1) {
      throw new IllegalArgumentException(
          "group " + group + ": one score and one place in the order per channel, one cost more");
    }
    for (double score : scores) {
      if (!Double.isFinite(score)) {
        throw new IllegalArgumentException("group " + group + " has a score that is not finite");
      }
    }
    scores = scores.clone();
    removalOrder = removalOrder.clone();
    curve = curve.clone();
    measured = measured == null ? List.of() : List.copyOf(measured);
  }

  public GroupSensitivity(String group, double[] scores, int[] removalOrder, double[] curve) {
    this(group, scores, removalOrder, curve, List.of());
  }

  /** The same order with another curve. */
  public GroupSensitivity withCurve(double[] other, List<MeasuredLoss> points) {
    return new GroupSensitivity(group, scores, removalOrder, other, points);
  }

  /**
   * Channels go in the order of their scores and the costs add up: right for scores that leave the
   * interaction of channels out.
   */
  public static GroupSensitivity additive(String group, double[] scores) {
    int[] order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted((a, b) -> scores[a] != scores[b] ? Double.compare(scores[a], scores[b]) : a - b)
            .mapToInt(Integer::intValue)
            .toArray();
    double[] curve = new double[scores.length + 1];
    for (int k = 0; k < order.length; k++) {
      curve[k + 1] = curve[k] + Math.max(0, scores[order[k]]);
    }
    return new GroupSensitivity(group, scores, order, curve);
  }

  /** Number of channels of the whole group. */
  public int width() {
    return scores.length;
  }

  /** The channels that stay when the group is cut to a width, in ascending order. */
  public int[] kept(int width) {
    int[] kept = Arrays.copyOfRange(removalOrder, removalOrder.length - width, removalOrder.length);
    Arrays.sort(kept);
    return kept;
  }

  /**
   * The plan that keeps each group's best channels.
   *
   * @param groups sensitivities of all groups
   * @param widths number of channels to keep, in the same order
   */
  public static PruningPlan plan(List<GroupSensitivity> groups, int[] widths) {
    Map<String, List<Integer>> kept = new LinkedHashMap<>();
    for (int g = 0; g < widths.length; g++) {
      kept.put(
          groups.get(g).group(), Arrays.stream(groups.get(g).kept(widths[g])).boxed().toList());
    }
    return new PruningPlan(kept);
  }
}
