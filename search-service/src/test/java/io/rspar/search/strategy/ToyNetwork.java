package io.rspar.search.strategy;

import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.CurveOptimalAllocation;
import io.rspar.search.allocation.SearchSpace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Layers in a row whose sensitivity curves mislead as second-order curves do: their shapes are
 * about right, their levels are not. What a network really loses is known, so the optimum is too.
 */
public final class ToyNetwork {
  private static final double DENSE_ACCURACY = 0.92;
  private static final double DENSE_MILLIS = 2;
  private static final double DENSE_LOSS_NATS = 0.3;
  private static final double NATS_PER_ACCURACY = 3;
  private static final int EXAMPLES = 1000;

  private final SearchSpace space;
  private final List<GroupSensitivity> truth = new ArrayList<>();

  /**
   * @param mistrust how far the curves' levels are off: standard deviation of the logarithm
   */
  public ToyNetwork(long seed, int groups, int width, double mistrust) {
    Random random = new Random(seed);
    List<GroupSensitivity> curves = new ArrayList<>();
    int[][] widths = new int[groups][];
    double[][] features = new double[groups][];
    for (int g = 0; g < groups; g++) {
      double level = 3 * Math.exp(random.nextGaussian()) / groups / width;
      double steepness = 1.5 + random.nextDouble();
      double[] scores = new double[width];
      for (int c = 0; c < width; c++) {
        scores[c] = level * Math.pow((c + 0.5) / width, steepness);
      }
      curves.add(GroupSensitivity.additive("g" + g, scores));
      double level2 = level * Math.exp(mistrust * random.nextGaussian());
      double bend = mistrust * 0.5 * random.nextGaussian();
      double[] lost = new double[width];
      for (int c = 0; c < width; c++) {
        lost[c] = level2 * Math.pow((c + 0.5) / width, Math.max(0.5, steepness + bend));
      }
      truth.add(GroupSensitivity.additive("g" + g, lost));
      widths[g] = IntStream.rangeClosed(1, width / 2).map(i -> 2 * i).toArray();
      features[g] = new double[] {Math.log(width) / 8, random.nextDouble()};
    }
    this.space =
        new SearchSpace(
            curves,
            widths,
            true,
            features,
            ToyNetwork::macs,
            ToyNetwork::macs,
            new SearchSpace.Work(ToyNetwork::sum, ToyNetwork::macs, kept -> 0));
  }

  public SearchSpace space() {
    return space;
  }

  private static long macs(int[] kept) {
    long cost = 27L * kept[0];
    for (int g = 1; g < kept.length; g++) {
      cost += 9L * kept[g - 1] * kept[g];
    }
    return cost + 10L * kept[kept.length - 1];
  }

  private static long sum(int[] kept) {
    return Arrays.stream(kept).sum();
  }

  /** What a network with these widths really achieves. */
  public double accuracy(int[] widths) {
    double loss = 0;
    for (int g = 0; g < widths.length; g++) {
      loss += truth.get(g).curve()[truth.get(g).width() - widths[g]];
    }
    return DENSE_ACCURACY * Math.exp(-loss);
  }

  /** Accuracy of the widths that are optimal for what is really lost. */
  public double optimum(AllocationProblem problem) {
    return accuracy(
        new CurveOptimalAllocation(1)
            .allocate(
                new AllocationProblem(
                    truth, problem.widths(), true, problem.cost(), problem.limit())));
  }

  /** Latency over the original's: not in proportion to MACs, nor a sum that a search could know. */
  public double latencyRatio(int[] widths) {
    double macs = (double) macs(widths) / macs(space.full());
    double traffic = (double) sum(widths) / sum(space.full());
    return 0.1 + 0.5 * Math.pow(macs, 0.8) + 0.4 * traffic;
  }

  public Measured measure(int round, int index, int[] widths) {
    double latency = latencyRatio(widths);
    return new Measured(
        round,
        index,
        widths,
        accuracy(widths),
        DENSE_ACCURACY,
        DENSE_LOSS_NATS + NATS_PER_ACCURACY * (DENSE_ACCURACY - accuracy(widths)),
        DENSE_LOSS_NATS,
        EXAMPLES,
        latency,
        DENSE_MILLIS,
        latency,
        10 * DENSE_MILLIS);
  }

  /** Plays a search to its end and returns everything that was measured. */
  public List<Measured> run(Search search) {
    List<Measured> measured = new ArrayList<>();
    for (int round = 0; round < search.effort().rounds(); round++) {
      List<int[]> widths = search.propose(round, List.copyOf(measured));
      for (int i = 0; i < widths.size(); i++) {
        measured.add(measure(round, i, widths.get(i)));
      }
    }
    return measured;
  }
}
