package io.rspar.kit.event;

import io.rspar.events.FailureReason;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Runs a decider on a record and turns success and failure into an outcome. */
final class JobRunner {
  /** Says which events tell of a failure. */
  @FunctionalInterface
  interface FailureReport {
    List<Outgoing> of(Failure failure) throws Exception;
  }

  private final Outbox outbox;
  private final JobSettings settings;
  private final Attempts attempts;
  private final Attempts once;

  JobRunner(Outbox outbox, JobSettings settings, Consumer<Failure> onRetry) {
    this.outbox = outbox;
    this.settings = settings;
    this.attempts = new Attempts(settings.attempts(), settings.backoff(), onRetry);
    this.once = new Attempts(1, settings.backoff(), onRetry);
  }

  /** Does the work, several times if need be. */
  Outcome run(Job job, Callable<List<Outgoing>> work, FailureReport report)
      throws InterruptedException {
    if (job.delivery() > settings.maxDeliveries()) {
      return refuse(job, diedTooOften(job), report);
    }
    var result = attempts.run(job, () -> outbox.records(job.record(), work.call()));
    if (result instanceof Attempts.Result.Done<List<ProducerRecord<byte[], byte[]>>> done) {
      return Outcome.of(done.value());
    }
    return refuse(job, ((Attempts.Result.Failed<?>) result).failure(), report);
  }

  /**
   * Reports a failure. The record goes to the dead-letter topic too where an operator should see
   * it, or where not even the report could be made.
   */
  Outcome refuse(Job job, Failure failure, FailureReport report) throws InterruptedException {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    boolean deadLetter = failure.concernsOperator();
    var result = once.run(job, () -> outbox.records(job.record(), report.of(failure)));
    if (result instanceof Attempts.Result.Done<List<ProducerRecord<byte[], byte[]>>> done) {
      records.addAll(done.value());
    } else {
      deadLetter = true;
    }
    if (deadLetter) {
      Topic topic = Topic.named(job.record().topic()).orElseThrow();
      records.add(outbox.deadLetter(job.record(), topic, failure));
    }
    return Outcome.failed(records, deadLetter, failure);
  }

  private Failure diedTooOften(Job job) {
    return new Failure(
        FailureReason.INTERNAL_ERROR,
        "The worker process died %d times while it worked on this (%s)"
            .formatted(settings.maxDeliveries(), job),
        "look for hs_err_pid files and out-of-memory kills on the workers; smaller batch sizes may help",
        settings.maxDeliveries());
  }
}
