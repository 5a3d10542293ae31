package io.rspar.kit.event;

/** Ends a job whose result is no longer wanted; thrown by {@link JobContext#progress}. */
public final class JobAbandonedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  JobAbandonedException(Job job) {
    super(job + " was given up: its result is no longer wanted");
  }
}
