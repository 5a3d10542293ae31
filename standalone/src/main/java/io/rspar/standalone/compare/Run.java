package io.rspar.standalone.compare;

import io.rspar.events.Validity;
import io.rspar.search.report.Report;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One method with one seed: a row of {@code comparison.json}.
 *
 * @param method as a request names it
 * @param seed of the request
 * @param failure cause and remedy in one line; null where the request completed
 * @param goalMet whether the target was met, as the report judges it; null after a failure
 * @param accuracy share of test examples by stage (DENSE, CUT, COMPENSATED, RECALIBRATED,
 *     FINE_TUNED; those that the request asked for), in order; empty after a failure
 * @param macsRatio MACs over the original's
 * @param parametersRatio parameters over the original's
 * @param latencyP50Ratio median latency over the original's, measured in alternation
 * @param latencyP50Low lower end of its 95 % interval
 * @param latencyP50High upper end of its 95 % interval
 * @param latencyP90Ratio the same of the 90th percentiles
 * @param latencyValid whether there were enough samples
 * @param evaluations candidates that the search measured, before the final one
 * @param effort what it cost; null after a failure
 */
public record Run(
    String method,
    long seed,
    String failure,
    Boolean goalMet,
    Map<String, Double> accuracy,
    Double macsRatio,
    Double parametersRatio,
    Double latencyP50Ratio,
    Double latencyP50Low,
    Double latencyP50High,
    Double latencyP90Ratio,
    Boolean latencyValid,
    Integer evaluations,
    Effort effort) {

  /**
   * Time from submission to the report. Scores are measured once per criterion and seed and shared
   * by the methods; their time stands apart, so that no method pays for the others.
   *
   * @param scoreWallSeconds wall time until the scores were there; next to nothing where they were
   *     shared
   * @param scoreCpuSeconds processor time of the services meanwhile
   * @param wallSeconds wall time of all that followed: search, cuts, recovery, measurements
   * @param cpuSeconds processor time of the services meanwhile
   */
  public record Effort(
      double scoreWallSeconds, double scoreCpuSeconds, double wallSeconds, double cpuSeconds) {}

  /** The row of a request that completed. */
  public static Run completed(String method, long seed, Report report, Effort effort) {
    Report.Latency latency = report.latency();
    return new Run(
        method,
        seed,
        null,
        report.goal().met(),
        report.steps().stream()
            .collect(
                Collectors.toMap(
                    Report.Step::stage,
                    Report.Step::accuracy,
                    (first, second) -> second,
                    LinkedHashMap::new)),
        ratio(report.pruned().macs(), report.dense().macs()),
        ratio(report.pruned().parameters(), report.dense().parameters()),
        latency.ratio(),
        latency.ratioLow(),
        latency.ratioHigh(),
        ratio(latency.pruned().p90Nanos(), latency.dense().p90Nanos()),
        latency.validity() == Validity.VALID,
        (int) report.candidates().stream().filter(c -> c.purpose().equals("EXPLORATION")).count(),
        effort);
  }

  /** The row of a request that failed. */
  public static Run failed(String method, long seed, String failure) {
    return new Run(
        method, seed, failure, null, Map.of(), null, null, null, null, null, null, null, null,
        null);
  }

  private static double ratio(long pruned, long dense) {
    return (double) pruned / dense;
  }

  boolean isCompleted() {
    return failure == null;
  }

  /** Accuracy of the model that is handed out. */
  double finalAccuracy() {
    return accuracy.values().stream().reduce((first, second) -> second).orElseThrow();
  }
}
