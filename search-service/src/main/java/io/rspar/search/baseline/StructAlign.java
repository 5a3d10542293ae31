package io.rspar.search.baseline;

import ai.djl.ndarray.NDArray;
import io.rspar.runtime.kernel.Owned;
import io.rspar.runtime.training.Alignment;
import io.rspar.search.allocation.ChannelChoice;
import io.rspar.search.allocation.GlobalThresholdAllocation;
import io.rspar.search.allocation.LearnedAllocation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Structural alignment, in a simplified form of Gao et al. ("Structural Alignment for Network
 * Pruning through Partial Regularization", ICCV 2023; the paper regularises by a partial group
 * lasso). The network trains with
 *
 * <pre>
 *   loss = cross-entropy + α · D
 * </pre>
 *
 * where D is the divergence between the importance distributions of neighbouring groups ({@link
 * Alignment}), importance being the group norm. The cut goes by rule, in equal parts: after each
 * stretch of training the channels go whose importance is lowest relative to their group's mean;
 * training goes on with what is left.
 *
 * @param data of the training
 * @param weight α (dimensionless)
 * @param iterations stretches of training, and parts of the cut
 */
public record StructAlign(TrainingData data, double weight, int iterations) implements Baseline {

  @Override
  public Prepared prepare(Subject subject, Progress progress) {
    StepwiseCut cut =
        new StepwiseCut(subject.target(), new GlobalThresholdAllocation(), iterations);
    try (GatedTraining training = new GatedTraining(subject, data)) {
      for (int part = 1; part <= iterations; part++) {
        // What the last part takes stays in the weights: no training follows it, and other widths
        // may bring some of it back.
        double[] masks = cut.masks();
        training.erase(masks);
        while (training.steps() < (long) data.steps() * part / iterations) {
          step(training, cut, masks, progress);
        }
        training.erase(masks);
        cut.cut(training.norms());
      }
      return new Prepared(
          cut.ranking(training.norms()),
          ChannelChoice.BEST,
          new LearnedAllocation(cut.widths()),
          Optional.of(training.graph()));
    }
  }

  private void step(GatedTraining training, StepwiseCut cut, double[] masks, Progress progress) {
    GatedTraining.Gradient gradient =
        training.descend(
            masks,
            Optional.of(
                norms -> {
                  NDArray divergence = Alignment.divergence(left(norms, cut));
                  return Owned.times(divergence, weight);
                }));
    progress.report(
        (double) training.steps() / data.steps(),
        String.format(
            Locale.ROOT,
            "aligning importance, step %d of %d, loss %.3f",
            training.steps(),
            data.steps(),
            gradient.lossNats()));
  }

  /** Norms of the channels that are left. */
  private static List<NDArray> left(List<NDArray> norms, StepwiseCut cut) {
    List<NDArray> left = new ArrayList<>();
    for (int g = 0; g < norms.size(); g++) {
      NDArray norm = norms.get(g);
      long[] kept = Arrays.stream(cut.kept(g)).asLongStream().toArray();
      left.add(
          kept.length == norm.size()
              ? norm
              : norm.gather(Owned.copy(norm.getManager().create(kept)), 0));
    }
    return left;
  }
}
