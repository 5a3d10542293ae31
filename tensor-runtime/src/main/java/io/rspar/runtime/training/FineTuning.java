package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.runtime.Autograd;
import io.rspar.runtime.Network;
import io.rspar.runtime.NonFiniteException;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.kernel.Mode;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.StreamSupport;

/**
 * Trains a network in place on labelled data. Whole batches only, so that no BatchNorm sees the
 * statistics of a few left-over examples; a data set smaller than a batch is one batch. The same
 * seed, data and number of threads give the same weights, whether or not the run was interrupted
 * and resumed on the way.
 */
public final class FineTuning {
  private static final int EVALUATION_BATCH = 128;

  /** Training examples that BatchNorm's statistics are pooled over for a check. */
  private static final int STATISTICS_EXAMPLES = 2048;

  private final Network network;
  private final Dataset train;
  private final FineTuningSettings settings;
  private final TrainingLoss loss;
  private final Optional<ValidationChecks> checks;
  private final TrainingProgress progress;
  private final Augmentation augmentation;
  private final int batchSize;
  private final int stepsPerEpoch;
  private final int steps;

  private FineTuning(
      Network network,
      Dataset train,
      FineTuningSettings settings,
      TrainingLoss loss,
      Optional<ValidationChecks> checks,
      TrainingProgress progress) {
    network.inputs().requireFit(train);
    train.requireLabelsBelow(network.classes());
    this.network = network;
    this.train = train;
    this.settings = settings;
    this.loss = loss;
    this.checks = checks;
    this.progress = progress;
    this.augmentation = new Augmentation(settings.cropPadding(), settings.horizontalFlip());
    this.batchSize = Math.min(settings.batchSize(), train.size());
    this.stepsPerEpoch = train.size() / batchSize;
    this.steps = (int) Math.max(1, Math.ceil(settings.epochs() * stepsPerEpoch - 1e-9));
  }

  /**
   * Trains all parameters on the labels, and keeps what the last step gives.
   *
   * @throws NonFiniteException if the loss becomes NaN or infinite; the weights are then unusable
   * @throws io.rspar.runtime.data.InvalidDataException if examples or labels do not fit the network
   */
  public static TrainingSummary run(
      Network network, Dataset train, FineTuningSettings settings, TrainingProgress progress) {
    TrainingLoss labels = TrainingLoss.labels(settings.labelSmoothing());
    return new FineTuning(network, train, settings, labels, Optional.empty(), progress).run();
  }

  /**
   * Trains all parameters, measures on the way, and keeps the best weights: those from before the
   * training included. What was trained has BatchNorm statistics that are pooled over training
   * examples ({@link BatchNormCalibration}).
   *
   * @throws NonFiniteException if the loss becomes NaN or infinite; the weights are then unusable
   * @throws io.rspar.runtime.data.InvalidDataException if examples or labels do not fit the network
   */
  public static TrainingSummary run(
      Network network,
      Dataset train,
      FineTuningSettings settings,
      TrainingLoss loss,
      ValidationChecks checks,
      TrainingProgress progress) {
    return new FineTuning(network, train, settings, loss, Optional.of(checks), progress).run();
  }

  private TrainingSummary run() {
    network.requireGradients(true);
    try (NDManager manager = Torch.newManager();
        MomentumSgd sgd =
            new MomentumSgd(network.parameters(), settings.momentum(), settings.weightDecay());
        TrainingState state = new TrainingState(network, sgd.velocities())) {
      checks
          .map(ValidationChecks::checkpoints)
          .flatMap(Checkpoints::latest)
          .ifPresent(state::resume);
      if (state.checks().isEmpty()) {
        check(state);
      }
      double lastLoss = train(manager, sgd, state);
      int kept = state.step();
      if (checks.isPresent()) {
        kept = state.bestStep();
        state.restoreBest();
      }
      return new TrainingSummary(
          state.step(), (long) state.step() * batchSize, lastLoss, state.checks(), kept);
    } finally {
      network.requireGradients(false);
    }
  }

  private double train(NDManager manager, MomentumSgd sgd, TrainingState state) {
    double lastLoss = Double.NaN;
    int orderedEpoch = -1;
    List<int[]> order = List.of();
    while (state.step() < steps && !isOutOfPatience(state)) {
      int step = state.step();
      if (step / stepsPerEpoch != orderedEpoch) {
        orderedEpoch = step / stepsPerEpoch;
        order = order(orderedEpoch);
      }
      lastLoss = gradients(order.get(step % stepsPerEpoch), step, manager);
      if (!Double.isFinite(lastLoss)) {
        throw new NonFiniteException(
            String.format("training diverged: the loss of step %d is %s", step + 1, lastLoss),
            "lower the learning rate (now " + settings.learningRate() + ")");
      }
      sgd.step((float) settings.learningRate(step, steps));
      state.stepped();
      progress.onStep(state.step(), steps, lastLoss);
      if (checks.isPresent() && isCheck(state.step())) {
        check(state);
      }
    }
    return lastLoss;
  }

  private boolean isOutOfPatience(TrainingState state) {
    return checks
        .filter(c -> c.patience() > 0 && state.checksWithoutBetter() >= c.patience())
        .isPresent();
  }

  private boolean isCheck(int step) {
    double interval = checks.orElseThrow().everyEpochs() * stepsPerEpoch;
    return step == steps || (int) (step / interval) > (int) ((step - 1) / interval);
  }

  /**
   * Running statistics remember a few small batches; what is measured, and kept, has pooled ones.
   */
  private void check(TrainingState state) {
    checks.ifPresent(
        c -> {
          if (state.step() > 0) {
            BatchNormCalibration.run(
                network,
                train,
                STATISTICS_EXAMPLES,
                EVALUATION_BATCH,
                settings.cropPadding(),
                settings.horizontalFlip(),
                settings.seed());
          }
          state.checked(Evaluator.evaluate(network, c.validation(), EVALUATION_BATCH));
          c.checkpoints().keep(state.encode());
        });
  }

  private List<int[]> order(int epoch) {
    Batches batches = Batches.shuffled(train.size(), batchSize, seed(epoch, 0));
    return StreamSupport.stream(batches.spliterator(), false)
        .filter(indices -> indices.length == batchSize)
        .toList();
  }

  /** Seeds that depend on where they are used alone. */
  private long seed(long place, long use) {
    return new SplittableRandom(settings.seed() + 0x9E3779B97F4A7C15L * (2 * place + use + 1))
        .nextLong();
  }

  private double gradients(int[] indices, int step, NDManager manager) {
    SplittableRandom random = new SplittableRandom(seed(step, 1));
    return Autograd.record(
        collector -> {
          try (NDScope scope = new NDScope();
              Batch batch = train.batch(manager, indices, augmentation, random)) {
            scope.suppressNotUsedWarning();
            NDArray value =
                loss.of(hook -> network.logits(network.inputs(batch), Mode.TRAIN, hook), batch);
            collector.backward(value);
            return (double) value.getFloat();
          }
        });
  }
}
