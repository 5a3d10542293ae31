package io.rspar.kit.metric;

/** What the services measure of themselves, besides what Quarkus and Kafka's clients export. */
public enum Metric {
  /** Jobs by outcome; tags service, outcome (completed, failed, dropped, discarded), reason. */
  JOBS("rspar.jobs", "Jobs that ended, by outcome"),
  /** Wall time of a job over all attempts (seconds); tags service, outcome. */
  JOB_DURATION("rspar.job.duration", "Wall time of a job over all its attempts"),
  /** Jobs running now, 0 or 1 per loop; tag service. */
  JOBS_RUNNING("rspar.jobs.running", "Jobs running now"),
  /** Attempts after the first; tags service, reason. */
  RETRIES("rspar.job.retries", "Attempts after the first"),
  /** Records put into a dead-letter topic; tags service, reason. */
  DEAD_LETTERS("rspar.dead.letters", "Records put into a dead-letter topic"),
  /** Sessions with the broker begun again after an error; tag service. */
  SESSION_RESTARTS("rspar.session.restarts", "Broker sessions begun again after an error");

  private final String meterName;
  private final String description;

  Metric(String meterName, String description) {
    this.meterName = meterName;
    this.description = description;
  }

  /** The meter's name in Micrometer's dotted form. */
  public String meterName() {
    return meterName;
  }

  public String description() {
    return description;
  }
}
