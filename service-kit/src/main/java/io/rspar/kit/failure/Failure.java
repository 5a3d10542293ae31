package io.rspar.kit.failure;

import io.rspar.events.FailureReason;
import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import java.time.Instant;
import java.util.Objects;

/**
 * Why a piece of work failed.
 *
 * @param message the cause in one line, naming file, node or value
 * @param remedy what the user can do about it, as an imperative clause
 * @param attempts how often it was tried, at least 1
 */
public record Failure(FailureReason reason, String message, String remedy, int attempts) {
  public Failure {
    Objects.requireNonNull(reason, "reason");
    message = Failures.oneLine(message);
    remedy = Failures.oneLine(remedy);
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts must be at least 1, was " + attempts);
    }
  }

  public Failure withAttempts(int attempts) {
    return new Failure(reason, message, remedy, attempts);
  }

  /**
   * The event that tells the search service of it.
   *
   * @param candidateId the candidate, or null where the work was not a candidate's
   * @param stage what was being done
   */
  public WorkFailed toEvent(String requestId, String candidateId, Stage stage, Instant failedAt) {
    return WorkFailed.newBuilder()
        .setRequestId(requestId)
        .setCandidateId(candidateId)
        .setStage(stage)
        .setReason(reason)
        .setMessage(message)
        .setRemedy(remedy)
        .setAttempts(attempts)
        .setFailedAt(failedAt)
        .build();
  }

  /** Whether the same work can succeed when it is tried again. */
  public boolean isTransient() {
    return Failures.isTransient(reason);
  }

  /** Whether an operator should see it (the record is dead-lettered too), not only the user. */
  public boolean concernsOperator() {
    return switch (reason) {
      case UNREADABLE_RECORD, OUT_OF_MEMORY, TRANSIENT_IO, INTERNAL_ERROR -> true;
      default -> false;
    };
  }
}
