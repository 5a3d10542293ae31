package io.rspar.dashboard.board;

import java.time.Instant;

/**
 * A request in a list.
 *
 * @param stage SUBMITTED, SENSITIVITY, SEARCH, PRUNING, EVALUATION, REPORTING, COMPLETED or FAILED
 * @param progress done share of the whole request, estimated, 0 to 1
 * @param secondsLeft estimated from the candidates that have ended; null where nothing can be said
 * @param accuracy of the best candidate so far, of the delivered model once there is one
 */
public record Summary(
    String id,
    String model,
    String target,
    String method,
    String criterion,
    Instant submittedAt,
    Instant updatedAt,
    String stage,
    double progress,
    String detail,
    int candidatesDone,
    int candidatesPlanned,
    Long secondsLeft,
    Double accuracy,
    Double macsRatio,
    Double latencyRatio,
    Double reward,
    Boolean goalMet,
    boolean cancelling,
    long revision) {

  /** Whether nothing will happen to it any more. */
  public boolean ended() {
    return stage.equals("COMPLETED") || stage.equals("FAILED");
  }
}
