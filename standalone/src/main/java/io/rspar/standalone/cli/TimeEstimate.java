package io.rspar.standalone.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.events.Compensation;
import io.rspar.events.Criterion;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningRequest;
import io.rspar.events.Purpose;
import io.rspar.events.RecoverySettings;
import io.rspar.graph.Graph;
import io.rspar.kit.request.LatencySpread;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.kernel.Mode;
import io.rspar.search.process.SearchProcess;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How long a request takes on this machine, roughly: passes over examples times the measured time
 * of one forward pass, and timed inferences times the measured time of one. A backward pass counts
 * as two forward ones. It tells minutes from hours, no more: what a machine does besides, and how
 * much smaller the candidates are, is not known before.
 *
 * @param ratingSeconds sensitivities
 * @param candidates how many are explored
 * @param candidateSeconds each of them
 * @param deliverySeconds the delivered model, with fine-tuning and the test data
 */
record TimeEstimate(
    double ratingSeconds, int candidates, double candidateSeconds, double deliverySeconds) {
  private static final int BATCH = 64;

  /** The first passes of a process are slow, and a busy machine interrupts others. */
  private static final int REPEATS = 12;

  private static final int BACKWARD = 2;

  /** Kronecker factors cost about two more training passes. */
  private static final int KFAC = 3;

  private static final Set<Criterion> WITHOUT_DATA =
      EnumSet.of(Criterion.L1, Criterion.L2, Criterion.BN_SCALE, Criterion.RANDOM);

  /** Cuts of each group that H-OBS measures, each on the half of the network behind it. */
  private static final double ANCHORS = 5 * 0.5;

  /** Least squares reads the original and the cut network, and sums up products of its inputs. */
  private static final double LEAST_SQUARES = 5;

  /** Comparing what every layer reads with the original's, as a share of a training pass. */
  private static final double HINTS = 0.2;

  /** A candidate costs less to run than the original, and is measured after cut and repair. */
  private static final double STAGES = 2 * 0.75;

  /** Records, files and models of a candidate's jobs (seconds). */
  private static final double HANDLING = 1;

  /**
   * What was measured here.
   *
   * @param forwardSeconds of an example, in training's batches
   * @param inferenceSeconds of a batch, in the inference runtime
   */
  record Speed(double forwardSeconds, double inferenceSeconds) {}

  static TimeEstimate of(PruningRequest request, int groups, Speed speed, Sizes sizes) {
    double forward = speed.forwardSeconds();
    double training = (1 + BACKWARD) * forward;
    double rating = 0;
    if (!WITHOUT_DATA.contains(request.getCriterion())) {
      rating = Math.min(request.getCalibration().getSamples(), sizes.calibration()) * training;
    }
    if (request.getCriterion() == Criterion.H_OBS || request.getCriterion() == Criterion.KFAC_OBD) {
      rating *= KFAC;
    }
    if (request.getCriterion() == Criterion.H_OBS) {
      int anchors = Math.min(request.getCalibration().getAnchorSamples(), sizes.validation());
      int expansion = Math.min(request.getCalibration().getExpansionSamples(), sizes.validation());
      rating += groups * ANCHORS * anchors * forward + expansion * training;
    }
    RecoverySettings recovery = request.getRecovery();
    double repair =
        recovery.getCompensation() == Compensation.LEAST_SQUARES
            ? LEAST_SQUARES
                * Math.min(recovery.getCompensationSamples(), sizes.calibration())
                * forward
            : 0;
    MeasurementSettings measurement = request.getMeasurement();
    double timing =
        (1 + STAGES / 2)
            * Math.min(
                (measurement.getSamples() + measurement.getWarmup()) * speed.inferenceSeconds(),
                measurement.getTimeLimitSeconds());
    double candidate =
        HANDLING
            + repair
            + STAGES * sizes.validation() * forward
            + timing
            + LatencySpread.seconds(request, Purpose.EXPLORATION);
    boolean taught = recovery.getDistillation() > 0 || recovery.getFeatureDistillation() > 0;
    double hints = recovery.getFeatureDistillation() > 0 ? HINTS * training : 0;
    double step = training + (taught ? forward : 0) + hints;
    double delivery =
        HANDLING
            + repair
            + recovery.getEpochs() * (sizes.train() * step + sizes.validation() * forward)
            + (1 + STAGES) * sizes.test() * forward
            + timing
            + LatencySpread.seconds(request, Purpose.FINAL);
    return new TimeEstimate(
        rating + HANDLING, SearchProcess.explorations(request), candidate, delivery);
  }

  /** Examples of each role; 0 where there are none. */
  record Sizes(int calibration, int train, int validation, int test) {}

  double totalSeconds() {
    return ratingSeconds + candidates * candidateSeconds + deliverySeconds;
  }

  /** The time of one forward pass (seconds per example), the best of a few batches. */
  static double forwardSeconds(Graph graph, Dataset examples) {
    int size = Math.min(BATCH, examples.size());
    try (Network network = Network.load(graph);
        NDManager manager = Torch.newManager()) {
      Map<String, NDArray> inputs =
          network.inputs(examples.batch(manager, IntStream.range(0, size).toArray()));
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < REPEATS; i++) {
        long start = System.nanoTime();
        try (NDArray scores = network.forward(inputs, Mode.EVAL)) {
          scores.toFloatArray(); // waits for the result
        }
        best = Math.min(best, (System.nanoTime() - start) / 1e9);
      }
      return best / size;
    }
  }
}
