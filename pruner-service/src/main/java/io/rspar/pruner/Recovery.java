package io.rspar.pruner;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.events.CandidateProposed;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningRequest;
import io.rspar.events.Purpose;
import io.rspar.events.RecoverySettings;
import io.rspar.events.RecoveryStage;
import io.rspar.graph.Graph;
import io.rspar.graph.surgery.Kept;
import io.rspar.kit.data.DataRole;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.failure.WorkException;
import io.rspar.kit.model.CutRules;
import io.rspar.kit.sensitivity.InputFactors;
import io.rspar.pruner.checkpoint.CheckpointFolder;
import io.rspar.pruner.compensation.Compensator;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.training.Alignment;
import io.rspar.runtime.training.BatchNormCalibration;
import io.rspar.runtime.training.Distillation;
import io.rspar.runtime.training.FineTuning;
import io.rspar.runtime.training.FineTuningSettings;
import io.rspar.runtime.training.GroupNorms;
import io.rspar.runtime.training.SharedValues;
import io.rspar.runtime.training.TrainingLoss;
import io.rspar.runtime.training.TrainingSummary;
import io.rspar.runtime.training.ValidationChecks;
import java.util.Locale;
import java.util.Optional;

/**
 * Repairs a cut network: compensation by the weights that remain, BatchNorm statistics, then, for
 * the winner, fine-tuning.
 */
public final class Recovery {
  private static final int VERIFIED_EXAMPLES = 8;

  /** Of the largest output: float32 sums in another order differ by less. */
  private static final double TOLERANCE = 1e-3;

  /** Hears what recovery does. */
  interface Listener {
    /** A stage is finished. */
    void stage(RecoveryStage stage, Graph model, long startedNanos);

    /**
     * @param share 0 to 1
     */
    void progress(double share, String detail);

    void warning(String sentence);
  }

  private final RequestData data;
  private final CheckpointFolder checkpoints;

  public Recovery(RequestData data, CheckpointFolder checkpoints) {
    this.data = data;
    this.checkpoints = checkpoints;
  }

  /**
   * Makes sure, on real examples, that the cut network computes what the original computes with the
   * removed channels masked.
   *
   * @throws IllegalStateException if it does not
   */
  void verify(PruningRequest request, Graph masked, Graph cut) {
    Dataset examples = data.open(request.getData(), DataRole.CALIBRATION);
    int count = Math.min(VERIFIED_EXAMPLES, examples.size());
    try (NDManager manager = Torch.newManager();
        Network expected = Network.load(masked);
        Network actual = Network.load(cut);
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Batch batch = examples.batch(manager, Batches.sequential(count, count).iterator().next());
      NDArray reference = expected.forward(expected.inputs(batch), Mode.EVAL);
      float scale = Math.max(1e-6f, reference.abs().max().getFloat());
      NDArray given = actual.forward(actual.inputs(batch), Mode.EVAL);
      float difference = given.sub(reference).abs().max().getFloat();
      if (!(difference <= TOLERANCE * scale)) {
        throw new IllegalStateException(
            "the cut network differs from the masked original by "
                + difference
                + " where outputs reach "
                + scale);
      }
    }
  }

  /**
   * Repairs the cut network stage by stage.
   *
   * @param candidate fine-tuning is for the final one only
   * @param dense what was cut: the original, or the same network with weights that a method trained
   * @param kept which of its channels the cut network has
   * @param original the teacher of distillation
   * @param factors of the original, where the request compensates by them
   */
  void repair(
      CandidateProposed candidate,
      Graph dense,
      Kept kept,
      Graph cut,
      Graph original,
      Optional<InputFactors> factors,
      Listener listener) {
    PruningRequest request = candidate.getRequest();
    RecoverySettings settings = request.getRecovery();
    try (Network network = Network.load(cut)) {
      switch (settings.getCompensation()) {
        case LEAST_SQUARES -> compensate(request, network, dense, kept, listener);
        case OBS -> compensateByFactors(request, network, dense, kept, factors, listener);
        case DATA_FREE -> compensateFromWeights(network, dense, kept, listener);
        case NONE -> {}
      }
      if (settings.getRecalibrateBatchNorm()) {
        recalibrate(request, network, listener);
      }
      if (candidate.getPurpose() == Purpose.FINAL && settings.getEpochs() > 0) {
        fineTune(candidate, network, kept, original, listener);
      }
    }
  }

  private void compensate(
      PruningRequest request, Network network, Graph dense, Kept kept, Listener listener) {
    long start = System.nanoTime();
    Compensator.leastSquares(
        network,
        dense,
        kept,
        data.open(request.getData(), DataRole.CALIBRATION),
        request.getRecovery().getCompensationSamples(),
        request.getData().getHorizontalFlip(),
        request.getSeed(),
        compensation(listener));
    listener.stage(RecoveryStage.COMPENSATED, network.toGraph(), start);
  }

  private static Compensator.Listener compensation(Listener listener) {
    return new Compensator.Listener() {
      @Override
      public void layer(int done, int of, String node) {
        listener.progress((double) done / of, "compensating in " + node);
      }

      @Override
      public void warning(String sentence) {
        listener.warning(sentence);
      }
    };
  }

  private static void compensateByFactors(
      PruningRequest request,
      Network network,
      Graph dense,
      Kept kept,
      Optional<InputFactors> factors,
      Listener listener) {
    long start = System.nanoTime();
    Compensator.byFactors(
        network,
        dense,
        kept,
        factors.orElseThrow(
            () ->
                new WorkException(
                    FailureReason.ARTIFACT_MISSING,
                    "the candidate names no factors to compensate with",
                    "run sensitivity-service and search-service of this version")),
        request.getCalibration().getDamping(),
        compensation(listener));
    listener.stage(RecoveryStage.COMPENSATED, network.toGraph(), start);
  }

  private static void compensateFromWeights(
      Network network, Graph dense, Kept kept, Listener listener) {
    long start = System.nanoTime();
    listener.progress(0, "compensating from the weights");
    Compensator.dataFree(network, dense, kept);
    listener.stage(RecoveryStage.COMPENSATED, network.toGraph(), start);
  }

  private void recalibrate(PruningRequest request, Network network, Listener listener) {
    if (network.statistics().isEmpty()) {
      listener.warning("The network has no BatchNorm, so nothing was re-calibrated.");
      return;
    }
    long start = System.nanoTime();
    RecoverySettings settings = request.getRecovery();
    Dataset calibration = data.open(request.getData(), DataRole.CALIBRATION);
    listener.progress(0, "re-calibrating BatchNorm");
    BatchNormCalibration.run(
        network,
        calibration,
        Math.min(settings.getRecalibrationSamples(), calibration.size()),
        settings.getBatchSize(),
        request.getData().getCropPadding(),
        request.getData().getHorizontalFlip(),
        request.getSeed());
    listener.stage(RecoveryStage.RECALIBRATED, network.toGraph(), start);
  }

  private void fineTune(
      CandidateProposed candidate, Network network, Kept kept, Graph original, Listener listener) {
    long start = System.nanoTime();
    PruningRequest request = candidate.getRequest();
    RecoverySettings settings = request.getRecovery();
    String run = run(candidate);
    try (Network teacher = Network.load(original)) {
      TrainingSummary summary =
          FineTuning.run(
              network,
              data.open(request.getData(), DataRole.TRAIN),
              settings(request),
              loss(request, network, kept, teacher),
              new ValidationChecks(
                  data.open(request.getData(), DataRole.VALIDATION),
                  settings.getCheckEpochs(),
                  settings.getPatience(),
                  checkpoints.of(run)),
              (step, steps, lossNats) ->
                  listener.progress(
                      (double) step / steps,
                      String.format(
                          Locale.ROOT,
                          "fine-tuning, step %d of %d, loss %.3f",
                          step,
                          steps,
                          lossNats)));
      warnOfHarm(summary, listener);
    }
    listener.stage(RecoveryStage.FINE_TUNED, network.toGraph(), start);
    checkpoints.discard(run);
  }

  private static FineTuningSettings settings(PruningRequest request) {
    RecoverySettings settings = request.getRecovery();
    return new FineTuningSettings(
        settings.getEpochs(),
        settings.getBatchSize(),
        settings.getLearningRate(),
        settings.getWarmup(),
        settings.getMomentum(),
        settings.getWeightDecay(),
        settings.getLabelSmoothing(),
        request.getData().getCropPadding(),
        request.getData().getHorizontalFlip(),
        request.getSeed());
  }

  private static TrainingLoss loss(
      PruningRequest request, Network network, Kept kept, Network teacher) {
    RecoverySettings settings = request.getRecovery();
    TrainingLoss loss = TrainingLoss.labels(settings.getLabelSmoothing());
    if (settings.getDistillation() > 0 || settings.getFeatureDistillation() > 0) {
      Distillation taught =
          new Distillation(teacher, loss, settings.getDistillation(), settings.getTemperature());
      loss =
          settings.getFeatureDistillation() == 0
              ? taught
              : taught.withFeatures(
                  settings.getFeatureDistillation(), SharedValues.of(network.toGraph(), kept));
    }
    if (settings.getStructAlign() > 0) {
      Graph graph = network.toGraph();
      GroupNorms norms =
          new GroupNorms(CutRules.groups(graph, request.getConstraints()), network.parameters());
      loss = loss.plus(settings.getStructAlign(), () -> Alignment.divergence(norms.of(network)));
    }
    return loss;
  }

  /** What tells a training run from every other: all that its outcome depends on. */
  private static String run(CandidateProposed candidate) {
    PruningRequest request = candidate.getRequest();
    return String.join(
        "\n",
        candidate.getCandidateId(),
        candidate.getPlan().getSha256(),
        String.valueOf(candidate.getModel()),
        request.getModel().getSha256(),
        candidate.getModel() == null ? "" : candidate.getModel().getSha256(),
        request.getData().toString(),
        request.getRecovery().toString(),
        Long.toString(request.getSeed()));
  }

  private static void warnOfHarm(TrainingSummary summary, Listener listener) {
    if (summary.keptStep() == 0) {
      double before = summary.checks().get(0).validation().top1();
      double after =
          summary.checks().stream()
              .skip(1)
              .mapToDouble(check -> check.validation().top1())
              .max()
              .orElse(before);
      listener.warning(
          String.format(
              Locale.ROOT,
              "Fine-tuning made the model no better on the validation data (%.2f %% before, at best"
                  + " %.2f %% after), so the weights from before are kept. A lower learning rate,"
                  + " distillation or more training data may help.",
              100 * before,
              100 * after));
    }
  }
}
