package io.rspar.kit.failure;

import io.rspar.events.FailureReason;

/** Work cannot be done: carries the reason, a one-line message and a remedy for the user. */
public final class WorkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final FailureReason reason;
  private final String remedy;

  /**
   * @param message the cause in one sentence, naming file, node or value
   * @param remedy what the user can do about it, as an imperative clause
   */
  public WorkException(FailureReason reason, String message, String remedy) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }

  public WorkException(FailureReason reason, String message, String remedy, Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.remedy = remedy;
  }

  public FailureReason reason() {
    return reason;
  }

  public String remedy() {
    return remedy;
  }

  /** Whether the same work can succeed when it is tried again. */
  public boolean isTransient() {
    return Failures.isTransient(reason);
  }
}
