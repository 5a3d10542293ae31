package io.rspar.dashboard.board;

import io.rspar.events.ModelMeasures;
import java.time.Instant;
import java.util.List;

/**
 * Everything about one request.
 *
 * @param workers progress by stage, as the workers report it
 * @param denseAccuracy of the original on validation data; null until measured
 * @param failure what went wrong and what to do; null if nothing has
 * @param result the delivered model; null until there is one
 * @param layers whether sensitivities and a plan are there to be shown
 */
public record Detail(
    Summary summary,
    List<Progress> workers,
    List<CandidateView> candidates,
    List<EventLine> events,
    Double denseAccuracy,
    Long denseMacs,
    Long denseParameters,
    Failure failure,
    Result result,
    boolean layers,
    List<String> warnings) {

  /** Why a request failed. */
  public record Failure(String stage, String reason, String message, String remedy) {}

  /** What was delivered. */
  public record Result(Measures dense, Measures pruned, boolean goalMet, Instant completedAt) {}

  /** What one model is and does. */
  public record Measures(
      double accuracy,
      double lossNats,
      long macs,
      long parameters,
      long bytes,
      double latencyMillis) {
    static Measures of(ModelMeasures m) {
      return new Measures(
          m.getAccuracy(),
          m.getLossNats(),
          m.getMacs(),
          m.getParameters(),
          m.getBytes(),
          m.getLatencyP50Nanos() / 1e6);
    }
  }
}
