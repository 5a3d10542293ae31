package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.training.tracker.Tracker;
import io.rspar.runtime.Autograd;
import io.rspar.runtime.CrossEntropy;
import io.rspar.runtime.Network;
import io.rspar.runtime.NonFiniteException;
import io.rspar.runtime.Torch;
import io.rspar.runtime.ValueHook;
import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.kernel.Mode;
import java.util.SplittableRandom;

/** Trains a network in place on labelled data. */
public final class FineTuning {
  private FineTuning() {}

  /**
   * Trains all parameters. Whole batches only, so that no BatchNorm sees the statistics of a few
   * left-over examples; a data set smaller than a batch is one batch. The same seed, data and
   * number of threads give the same weights.
   *
   * @return what the last step's loss was and how many steps there were
   * @throws NonFiniteException if the loss becomes NaN or infinite; the weights are then unusable
   * @throws io.rspar.runtime.data.InvalidDataException if examples or labels do not fit the network
   */
  public static TrainingSummary run(
      Network network, Dataset train, FineTuningSettings settings, TrainingProgress progress) {
    network.inputs().requireFit(train);
    train.requireLabelsBelow(network.classes());
    int batchSize = Math.min(settings.batchSize(), train.size());
    int stepsPerEpoch = train.size() / batchSize;
    int steps = (int) Math.max(1, Math.ceil(settings.epochs() * stepsPerEpoch - 1e-9));
    Tracker learningRate =
        Tracker.cosine()
            .setBaseValue((float) settings.learningRate())
            .optFinalValue(0)
            .setMaxUpdates(steps)
            .build();
    Augmentation augmentation = new Augmentation(settings.cropPadding(), settings.horizontalFlip());
    SplittableRandom random = new SplittableRandom(settings.seed());
    double loss = Double.NaN;
    network.requireGradients(true);
    try (NDManager manager = Torch.newManager();
        MomentumSgd sgd =
            new MomentumSgd(network.parameters(), settings.momentum(), settings.weightDecay())) {
      int step = 0;
      while (step < steps) {
        Batches epoch = Batches.shuffled(train.size(), batchSize, random.nextLong());
        for (int[] indices : epoch) {
          if (step == steps || indices.length < batchSize) {
            break;
          }
          loss = gradients(network, train, indices, augmentation, random, settings, manager);
          if (!Double.isFinite(loss)) {
            throw new NonFiniteException(
                String.format("training diverged: the loss of step %d is %s", step + 1, loss),
                "lower the learning rate (now " + settings.learningRate() + ")");
          }
          sgd.step(learningRate.getNewValue(step));
          step++;
          progress.onStep(step, steps, loss);
        }
      }
      return new TrainingSummary(steps, (long) steps * batchSize, loss);
    } finally {
      network.requireGradients(false);
    }
  }

  private static double gradients(
      Network network,
      Dataset train,
      int[] indices,
      Augmentation augmentation,
      SplittableRandom random,
      FineTuningSettings settings,
      NDManager manager) {
    return Autograd.record(
        collector -> {
          try (NDScope scope = new NDScope();
              Batch batch = train.batch(manager, indices, augmentation, random)) {
            scope.suppressNotUsedWarning();
            NDArray logits = network.logits(network.inputs(batch), Mode.TRAIN, ValueHook.NONE);
            NDArray loss = CrossEntropy.mean(logits, batch.y(), settings.labelSmoothing());
            collector.backward(loss);
            return (double) loss.getFloat();
          }
        });
  }
}
