package io.rspar.standalone.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.events.Criterion;
import io.rspar.events.PruningRequest;
import io.rspar.graph.Graph;
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
 * of one forward pass. A backward pass counts as two forward ones. It is right within a factor of
 * two or three, which is enough to tell minutes from hours.
 *
 * @param ratingSeconds sensitivities
 * @param candidates how many are explored
 * @param candidateSeconds each of them
 * @param deliverySeconds the delivered model, with fine-tuning and the test data
 */
record TimeEstimate(
    double ratingSeconds, int candidates, double candidateSeconds, double deliverySeconds) {
  private static final int BATCH = 64;
  private static final int REPEATS = 3;
  private static final int BACKWARD = 2;

  /** Kronecker factors cost about two more training passes; anchors are measured cuts. */
  private static final int KFAC = 3;

  private static final Set<Criterion> WITHOUT_DATA =
      EnumSet.of(Criterion.L1, Criterion.L2, Criterion.BN_SCALE, Criterion.RANDOM);

  /** Cuts of each group that H-OBS measures to anchor its curves. */
  private static final int ANCHORS = 3;

  static TimeEstimate of(
      PruningRequest request, Graph graph, int groups, Dataset calibration, Sizes sizes) {
    double forward = secondsPerExample(graph, calibration);
    double training = (1 + BACKWARD) * forward;
    int samples = Math.min(request.getCalibration().getSamples(), calibration.size());
    double rating = 0;
    if (!WITHOUT_DATA.contains(request.getCriterion())) {
      rating = samples * training;
    }
    if (request.getCriterion() == Criterion.H_OBS || request.getCriterion() == Criterion.KFAC_OBD) {
      rating *= KFAC;
    }
    if (request.getCriterion() == Criterion.H_OBS) {
      int anchors = Math.min(request.getCalibration().getAnchorSamples(), sizes.validation());
      rating += groups * ANCHORS * anchors * forward;
    }
    double repair = 2.0 * request.getRecovery().getCompensationSamples() * forward;
    double timing =
        2.0
            * (request.getMeasurement().getSamples() + request.getMeasurement().getWarmup())
            * request.getMeasurement().getBatchSize()
            * forward;
    // Each stage's model and the original are measured.
    double candidate = repair + 3.0 * sizes.validation() * forward + timing;
    double delivery =
        repair
            + request.getRecovery().getEpochs() * sizes.train() * training
            + 4.0 * sizes.test() * forward
            + timing;
    return new TimeEstimate(rating, SearchProcess.explorations(request), candidate, delivery);
  }

  /** Examples of each role; 0 where there are none. */
  record Sizes(int train, int validation, int test) {}

  double totalSeconds() {
    return ratingSeconds + candidates * candidateSeconds + deliverySeconds;
  }

  private static double secondsPerExample(Graph graph, Dataset examples) {
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
