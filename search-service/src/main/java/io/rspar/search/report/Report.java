package io.rspar.search.report;

import io.rspar.events.Validity;
import java.util.List;

/**
 * The measured report of one request, the content of {@code report.json}. Accuracies are shares of
 * examples, losses are in nats, latencies in nanoseconds per batch, MACs are per example.
 */
public record Report(
    String requestId,
    Goal goal,
    Measures dense,
    Measures pruned,
    List<Step> steps,
    Latency latency,
    List<Layer> layers,
    List<Candidate> candidates,
    List<String> warnings,
    Provenance provenance) {

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

  /** Spread of one model's latency. */
  public record Spread(
      long p50Nanos,
      long p90Nanos,
      long p99Nanos,
      double meanNanos,
      double stdNanos,
      int samples) {}

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
      int warmup) {}

  /** One group of coupled channels. */
  public record Layer(String group, int channels, int kept) {}

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

  /** Where the numbers come from. */
  public record Provenance(
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
