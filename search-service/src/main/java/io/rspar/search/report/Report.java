package io.rspar.search.report;

import io.rspar.events.Validity;
import java.util.List;

/**
 * The measured report of one request, the content of {@code report.json}. Accuracies are shares of
 * examples, losses are in nats, latencies in nanoseconds per batch, MACs are per example.
 */
public record Report(
    String requestId,
    Model model,
    Goal goal,
    Measures dense,
    Measures pruned,
    List<Step> steps,
    Latency latency,
    List<Layer> layers,
    List<Frozen> frozen,
    List<Candidate> candidates,
    List<String> warnings,
    Provenance provenance) {

  /**
   * The network that was cut.
   *
   * @param name file name of the original without its ending
   * @param inputShape shape of the input as the model declares it; 0 or a name where it is free
   */
  public record Model(String name, String inputShape) {}

  /**
   * The target and what became of it.
   *
   * @param metric what the target limits
   * @param relative whether target and reached are fractions of the original's cost
   * @param target upper limit
   * @param reached what the pruned model costs in the same unit, measured where it is a latency
   */
  public record Goal(String metric, boolean relative, double target, double reached, boolean met) {}

  /** What one model is and does. */
  public record Measures(
      double accuracy,
      double lossNats,
      long macs,
      long parameters,
      long bytes,
      long latencyP50Nanos) {}

  /**
   * Accuracy after one stage.
   *
   * @param stage DENSE, CUT, COMPENSATED, RECALIBRATED or FINE_TUNED
   * @param role role of the data it was measured on
   */
  public record Step(String stage, double accuracy, double lossNats, int samples, String role) {}

  /**
   * Spread of one model's latency.
   *
   * @param vigintilesNanos minimum, 5th, 10th, … 95th percentile, maximum; empty if not recorded
   */
  public record Spread(
      long p50Nanos,
      long p90Nanos,
      long p99Nanos,
      double meanNanos,
      double stdNanos,
      int samples,
      List<Long> vigintilesNanos) {}

  /** Original and pruned model, measured in alternation. */
  public record Latency(
      Spread dense,
      Spread pruned,
      double ratio,
      double ratioLow,
      double ratioHigh,
      Validity validity,
      String invalidReason,
      String runtime,
      String deviceClass,
      String device,
      int threads,
      int batchSize,
      int warmup,
      int disturbedSessions) {}

  /**
   * One group of coupled channels.
   *
   * @param estimate what the criterion expects the cut of this group to cost
   * @param unit of the estimates: {@code nats} of loss, or the criterion's own {@code score}
   * @param curve estimates by kept width, at most {@value ReportBuilder#CURVE_POINTS}
   * @param measured costs of cuts of this group alone, measured (nats)
   */
  public record Layer(
      String group,
      int channels,
      int kept,
      double estimate,
      String unit,
      List<CurvePoint> curve,
      List<CurvePoint> measured) {}

  /** What it costs to keep so many channels of a group. */
  public record CurvePoint(int kept, double cost) {}

  /**
   * Channels that cannot be cut.
   *
   * @param because the node or tensor and why it forbids the cut
   * @param weights the axes that it holds, as {@code tensor[axis]}
   */
  public record Frozen(String because, List<String> weights) {}

  /**
   * One measured candidate.
   *
   * @param energyRatio measured energy over the original's; null where it was not measured
   * @param pareto whether no other candidate on the same data is at least as accurate and at least
   *     as fast, and better in one of the two
   */
  public record Candidate(
      String id,
      int round,
      String purpose,
      String role,
      double accuracy,
      double macsRatio,
      double parametersRatio,
      double latencyRatio,
      Double energyRatio,
      double reward,
      boolean pareto) {}

  /**
   * Where the numbers come from.
   *
   * @param command computes all of it again, in the folder of the results
   */
  public record Provenance(
      String command,
      String modelSha256,
      String prunedModelSha256,
      List<String> dataSha256,
      String method,
      String criterion,
      long seed,
      int calibrationSamples,
      String rsparVersion,
      String java,
      String operatingSystem,
      String processor,
      String requestedAt,
      String completedAt) {}
}
