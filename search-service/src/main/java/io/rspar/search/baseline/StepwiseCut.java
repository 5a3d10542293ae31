package io.rspar.search.baseline;

import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.search.allocation.AllocationPolicy;
import io.rspar.search.allocation.AllocationProblem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A cut in equal parts of what is to be saved; before each part the channels that are left can be
 * scored anew. What went stays away. Scores are compared across groups relative to the mean of what
 * a group has left.
 */
final class StepwiseCut {
  private final AllocationProblem target;
  private final AllocationPolicy rule;
  private final int parts;
  private final ChannelLayout layout;
  private final double dense;

  /** When each channel went, counted from 1; 0 for those that are left. */
  private final double[] gone;

  private int cut;
  private double last;

  /**
   * @param rule spreads each part over the groups
   * @param parts how many there are
   */
  StepwiseCut(AllocationProblem target, AllocationPolicy rule, int parts) {
    target.requireReachable();
    this.target = target;
    this.rule = rule;
    this.parts = parts;
    this.layout = new ChannelLayout(target.full());
    this.dense = target.cost().applyAsLong(target.full());
    this.gone = new double[layout.channels()];
  }

  ChannelLayout layout() {
    return layout;
  }

  /** Parts that are still to be cut. */
  int left() {
    return parts - cut;
  }

  /** 1 for the channels that are left, 0 for those that went. */
  double[] masks() {
    return Arrays.stream(gone).map(time -> time == 0 ? 1 : 0).toArray();
  }

  /** The channels of a group that are left, ascending. */
  int[] kept(int group) {
    return IntStream.range(0, layout.width(group))
        .filter(c -> gone[layout.place(group, c)] == 0)
        .toArray();
  }

  /** Widths that are left. */
  int[] widths() {
    return IntStream.range(0, layout.groups()).map(g -> kept(g).length).toArray();
  }

  /**
   * Cuts the next part.
   *
   * @param scores one per channel of all groups; those of channels that went do not matter
   */
  void cut(double[] scores) {
    cut++;
    double[] relative = relative(scores);
    int[] now = widths();
    int[][] allowed = new int[now.length][];
    List<GroupSensitivity> groups = new ArrayList<>();
    for (int g = 0; g < now.length; g++) {
      int most = now[g];
      allowed[g] =
          IntStream.concat(
                  Arrays.stream(target.widths()[g]).filter(w -> w < most), IntStream.of(most))
              .toArray();
      groups.add(GroupSensitivity.additive(target.groups().get(g).group(), layout.of(relative, g)));
    }
    long limit = Math.round(dense - (dense - target.limit()) * cut / parts);
    int[] wanted =
        rule.allocate(new AllocationProblem(groups, allowed, true, target.cost(), limit));
    remove(wanted, relative);
  }

  private void remove(int[] wanted, double[] relative) {
    List<Integer> going = new ArrayList<>();
    for (int g = 0; g < wanted.length; g++) {
      int[] kept = kept(g);
      int group = g;
      Arrays.stream(kept)
          .mapToObj(c -> layout.place(group, c))
          .sorted(Comparator.comparingDouble(k -> relative[k]))
          .limit(kept.length - wanted[g])
          .forEach(going::add);
    }
    going.sort(Comparator.comparingDouble(k -> relative[k]));
    going.forEach(k -> gone[k] = ++last);
  }

  /** Scores over the mean of the group's channels that are left; −1 for those that went. */
  private double[] relative(double[] scores) {
    double[] relative = new double[scores.length];
    Arrays.fill(relative, -1);
    for (int g = 0; g < layout.groups(); g++) {
      int group = g;
      int[] places = Arrays.stream(kept(g)).map(c -> layout.place(group, c)).toArray();
      double mean = Arrays.stream(places).mapToDouble(k -> scores[k]).average().orElse(0);
      for (int k : places) {
        relative[k] = mean > 0 ? scores[k] / mean : scores[k];
      }
    }
    return relative;
  }

  /**
   * How the channels rank: those that went by when they went, then those that are left by score.
   * Across groups too, the lowest goes first.
   *
   * @param scores one per channel of all groups
   */
  List<GroupSensitivity> ranking(double[] scores) {
    double[] relative = relative(scores);
    double[] times = gone.clone();
    double time = last;
    for (int k :
        IntStream.range(0, times.length)
            .filter(k -> times[k] == 0)
            .boxed()
            .sorted(Comparator.comparingDouble(k -> relative[k]))
            .toList()) {
      times[k] = ++time;
    }
    return IntStream.range(0, layout.groups())
        .mapToObj(
            g -> GroupSensitivity.additive(target.groups().get(g).group(), layout.of(times, g)))
        .toList();
  }
}
