package io.rspar.kit.metric;

/**
 * What R-SPAR measures of itself, besides what Quarkus exports. Names are Micrometer's dotted form;
 * Prometheus replaces dots by underscores and adds the unit.
 */
public enum Metric {
  /** Jobs by outcome; tags service, outcome (completed, failed, dropped, discarded), reason. */
  JOBS(Kind.COUNTER, "rspar.jobs", "Jobs that ended, by outcome"),
  /** Wall time of a job over all attempts (seconds); tags service, outcome. */
  JOB_DURATION(Kind.TIMER, "rspar.job.duration", "Wall time of a job over all its attempts"),
  /** Jobs running now, 0 or 1 per loop; tag service. */
  JOBS_RUNNING(Kind.GAUGE, "rspar.jobs.running", "Jobs running now"),
  /** Attempts after the first; tags service, reason. */
  RETRIES(Kind.COUNTER, "rspar.job.retries", "Attempts after the first"),
  /** Records put into a dead-letter topic; tags service, reason. */
  DEAD_LETTERS(Kind.COUNTER, "rspar.dead.letters", "Records put into a dead-letter topic"),
  /** Sessions with the broker begun again after an error; tag service. */
  SESSION_RESTARTS(
      Kind.COUNTER, "rspar.session.restarts", "Broker sessions begun again after an error"),

  /** Wall time of a worker's work (seconds); tags service, method, criterion. */
  WORK_DURATION(Kind.TIMER, "rspar.work.duration", "Wall time of a worker's work on one event"),
  /** Age of an event when its work begins (seconds); tag service. */
  QUEUE_AGE(Kind.TIMER, "rspar.queue.age", "Age of an event when its work begins"),
  /** Rewards of evaluated candidates; tags method, purpose. */
  REWARD(Kind.SUMMARY, "rspar.candidate.reward", "Reward of an evaluated candidate"),
  /**
   * Measured medians (seconds per batch); tags device.class, model (original, pruned), validity.
   */
  DEVICE_LATENCY(
      Kind.TIMER, "rspar.device.latency", "Measured median latency of a model on this device"),
  /** Resident memory that Java objects and classes do not explain (bytes). */
  NATIVE_MEMORY(
      Kind.GAUGE,
      "rspar.native.memory",
      "Resident memory that Java objects and classes do not explain"),

  /** Requests that the topics tell of; tag stage. */
  REQUESTS(Kind.GAUGE, "rspar.requests", "Requests by stage"),
  /** Failed requests; tag reason. */
  REQUEST_FAILURES(Kind.GAUGE, "rspar.request.failures", "Requests that have failed, by reason"),
  /** Done share of an open request (0 to 1); tag request. */
  REQUEST_PROGRESS(Kind.GAUGE, "rspar.request.progress", "Done share of an open request"),
  /** Time since the last event or progress report of an open request (seconds); tag request. */
  REQUEST_SILENCE(
      Kind.GAUGE, "rspar.request.silence", "Time since the last sign of an open request"),
  /** Best reward so far of an open request; tag request. */
  REQUEST_REWARD(Kind.GAUGE, "rspar.request.best.reward", "Best reward so far of an open request"),
  /** Candidates of an open request; tags request, state (proposed, pruned, evaluated, failed). */
  REQUEST_CANDIDATES(
      Kind.GAUGE, "rspar.request.candidates", "Candidates of an open request by state"),
  /** Candidates that have been evaluated, of all requests. */
  CANDIDATES(Kind.COUNTER, "rspar.candidates", "Candidates evaluated, of all requests"),
  /** Records that a consumer group has not committed; tags service, group, topic. */
  CONSUMER_LAG(Kind.GAUGE, "rspar.consumer.lag", "Records that a consumer group has not committed"),
  /** Running instances; tags service, group. */
  GROUP_MEMBERS(Kind.GAUGE, "rspar.group.members", "Running instances of a consumer group"),
  /** Records in dead-letter topics that were not sent again; tag topic. */
  DEAD_LETTERS_OPEN(Kind.GAUGE, "rspar.dead.letters.open", "Dead letters that were not sent again");

  /** What a meter does, in Micrometer's terms. */
  public enum Kind {
    /** Only rises. */
    COUNTER,
    /** Counts durations and sums them up (seconds). */
    TIMER,
    /** Counts values and sums them up. */
    SUMMARY,
    /** Goes up and down. */
    GAUGE
  }

  private final Kind kind;
  private final String meterName;
  private final String description;

  Metric(Kind kind, String meterName, String description) {
    this.kind = kind;
    this.meterName = meterName;
    this.description = description;
  }

  public Kind kind() {
    return kind;
  }

  /** The meter's name in Micrometer's dotted form. */
  public String meterName() {
    return meterName;
  }

  public String description() {
    return description;
  }
}
