package io.rspar.search.baseline;

import io.rspar.search.allocation.AllocationProblem;
import java.util.Arrays;

/** What a cost above the target adds to the loss, as a function of the expected widths. */
final class CostPenalty {
  /** Forms of the penalty: c is the cost, t the target, w the weight. */
  enum Form {
    /** w · max(0, c ⁄ t − 1). */
    LINEAR {
      @Override
      double value(double ratio) {
        return ratio - 1;
      }

      @Override
      double slope(double ratio) {
        return 1;
      }
    },
    /** 2 w · max(0, log(c ⁄ t)). */
    LOGARITHMIC {
      @Override
      double value(double ratio) {
        return 2 * Math.log(ratio);
      }

      @Override
      double slope(double ratio) {
        return 2 / ratio;
      }
    };

    /** Per unit of weight, for a ratio c ⁄ t above 1. */
    abstract double value(double ratio);

    /** Derivative by the ratio. */
    abstract double slope(double ratio);
  }

  private final Form form;
  private final double weight;
  private final ExpectedCost cost;
  private final double target;

  CostPenalty(Form form, double weight, AllocationProblem problem) {
    this.form = form;
    this.weight = weight;
    this.cost = new ExpectedCost(problem.cost(), problem.full());
    this.target = problem.limit();
  }

  /** The penalty (nats). */
  double of(double[] widths) {
    double ratio = ratio(widths);
    return ratio > 1 ? weight * form.value(ratio) : 0;
  }

  /** Its derivative by the width of each group; 0 within the target. */
  double[] slopes(double[] widths) {
    double ratio = ratio(widths);
    if (ratio <= 1) {
      return new double[widths.length];
    }
    double factor = weight * form.slope(ratio) / target;
    return Arrays.stream(cost.slopes(widths)).map(s -> factor * s).toArray();
  }

  /** Cost over target. */
  double ratio(double[] widths) {
    return cost.of(widths) / target;
  }
}
