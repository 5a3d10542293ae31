package io.rspar.kit.event;

/** What a running job may tell and ask the loop that runs it. */
public interface JobContext {

  /**
   * Publishes how far the job is, at most about once a second; further calls in between cost
   * nothing. Also a sign of life for the health check.
   *
   * @param share done share of the job, 0 to 1
   * @param detail what is being done, for a person to read
   * @throws JobAbandonedException if {@link #cancelled}: a job that reports its progress need not
   *     ask
   */
  void progress(double share, String detail);

  /**
   * As {@link #progress}, for the few steps that everyone should hear of: published however soon
   * after the last.
   */
  default void step(double share, String detail) {
    progress(share, detail);
  }

  /**
   * Whether the result is no longer wanted: another worker has the partition, the request has ended
   * or was cancelled, or this worker shuts down. A long job asks between steps and returns or
   * throws early; its result is discarded.
   */
  boolean cancelled();

  /** Which attempt this is, from 1. */
  int attempt();
}
