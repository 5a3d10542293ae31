package io.rspar.sensitivity.obs;

import ai.djl.ndarray.NDScope;
import io.rspar.kit.sensitivity.GroupSensitivity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Eliminates the channels of a group one after the other, always those that cost least now, in all
 * weights that consume them at once (Kurtic et al. 2023, ZipLM, arXiv 2302.04089, algorithm 1). The
 * costs add up to the group's error curve.
 *
 * <p>Of wide groups several channels go in a step, chosen by their single costs and eliminated as
 * one set, so that the cost of a step is that of the set.
 *
 * <p>The costs are those of the factors throughout: they share one approximation, so they are
 * comparable, and the anchors correct their scale. Where the cost of each channel's own direction
 * is known exactly, that is its score.
 */
final class GreedyElimination {
  /** Steps per halving of the width; a group of at most so many channels goes one by one. */
  private static final int STEPS = 64;

  private final List<Elimination> weights;
  private final int width;
  private final double[] exact;

  /**
   * @param weights every weight that consumes the group's channels
   * @param width number of channels
   * @param exact what the removal of each channel costs without compensation, where that is known
   *     better than from the factors; else null
   */
  GreedyElimination(List<Elimination> weights, int width, double[] exact) {
    this.weights = List.copyOf(weights);
    this.width = width;
    this.exact = exact;
  }

  /**
   * Eliminates all channels.
   *
   * @param stops widths, falling, at which the weights are wanted; no step passes over one
   * @param atStop called at each of them
   */
  GroupSensitivity run(String group, int[] stops, IntConsumer atStop) {
    double[] curve = new double[width + 1];
    int[] order = new int[width];
    double[] scores = exact == null ? sum(Elimination::plainCosts) : exact;
    List<Integer> alive = new ArrayList<>(IntStream.range(0, width).boxed().toList());
    int gone = 0;
    int stop = 0;
    while (gone < width) {
      if (stop < stops.length && width - gone == stops[stop]) {
        atStop.accept(stops[stop++]);
      }
      double[] costs = sum(Elimination::costs);
      alive.sort(Comparator.<Integer>comparingDouble(c -> costs[c]).thenComparing(c -> c));
      int free = width - gone - (stop < stops.length ? stops[stop] : 0);
      int step = Math.min(free, Math.max(1, (width - gone) / STEPS));
      int[] removed = alive.subList(0, step).stream().mapToInt(c -> c).toArray();
      alive.subList(0, step).clear();
      remove(removed);
      for (int channel : removed) {
        order[gone] = channel;
        curve[gone + 1] = curve[gone] + Math.max(0, costs[channel]);
        gone++;
      }
    }
    return new GroupSensitivity(group, scores, order, curve);
  }

  private double[] sum(Function<Elimination, double[]> costsOf) {
    double[] sum = new double[width];
    for (Elimination weight : weights) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        double[] costs = costsOf.apply(weight);
        Arrays.setAll(sum, c -> sum[c] + costs[c]);
      }
    }
    return sum;
  }

  private void remove(int[] channels) {
    for (Elimination weight : weights) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        weight.remove(channels);
      }
    }
  }
}
