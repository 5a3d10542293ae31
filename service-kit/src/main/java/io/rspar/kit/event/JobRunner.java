package io.rspar.kit.event;

import io.rspar.events.FailureReason;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.Failure;
import io.rspar.kit.failure.Failures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a decider on a record and turns success and failure into an outcome. */
final class JobRunner {
  private static final Logger LOG = LoggerFactory.getLogger(JobRunner.class);

  /** Says which events tell of a failure. */
  @FunctionalInterface
  interface FailureReport {
    List<Outgoing> of(Failure failure) throws Exception;
  }

  /** How work ended. */
  private sealed interface Result {
    record Done(List<ProducerRecord<byte[], byte[]>> records) implements Result {}

    record Failed(Failure failure) implements Result {}
  }

  private final Outbox outbox;
  private final JobSettings settings;

  JobRunner(Outbox outbox, JobSettings settings) {
    this.outbox = outbox;
    this.settings = settings;
  }

  /**
   * Does the work once. A failure that may pass asks for another attempt, later; the last one, and
   * any other failure, is reported.
   */
  Outcome run(Job job, Callable<List<Outgoing>> work, FailureReport report)
      throws InterruptedException {
    if (job.delivery() > settings.maxDeliveries()) {
      return refuse(job, diedTooOften(job), report);
    }
    Result result = attempt(job, () -> outbox.records(job, work.call()));
    if (result instanceof Result.Done done) {
      return Outcome.of(done.records());
    }
    Failure failure = ((Result.Failed) result).failure();
    return failure.isTransient() && job.attempt() < settings.attempts() && !job.cancelled()
        ? Outcome.again(backoff(job.attempt()), failure)
        : refuse(job, failure, report);
  }

  private Duration backoff(int attempt) {
    return settings.backoff().multipliedBy(1L << (attempt - 1));
  }

  /**
   * Reports a failure. The record goes to the dead-letter topic too where an operator should see
   * it, or where not even the report could be made.
   */
  Outcome refuse(Job job, Failure failure, FailureReport report) throws InterruptedException {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    boolean deadLetter = failure.concernsOperator();
    Result result = attempt(job, () -> outbox.records(job, report.of(failure)));
    if (result instanceof Result.Done done) {
      records.addAll(done.records());
    } else {
      deadLetter = true;
    }
    if (deadLetter) {
      Topic topic = Topic.named(job.record().topic()).orElseThrow();
      records.add(outbox.deadLetter(job.record(), topic, failure));
    }
    return Outcome.failed(records, deadLetter, failure);
  }

  private static Result attempt(Job job, Callable<List<ProducerRecord<byte[], byte[]>>> work)
      throws InterruptedException {
    // A task of its own, so that errors too (out of memory, a native library that is missing)
    // become a failure of this job rather than the end of the thread.
    FutureTask<List<ProducerRecord<byte[], byte[]>>> task = new FutureTask<>(work);
    task.run();
    try {
      return new Result.Done(task.get());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RegistryUnavailableException away) {
        throw away; // as with brokers that are away, the record comes again
      }
      Failure failure = Failures.of(e).withAttempts(job.attempt());
      if (job.cancelled()) {
        LOG.debug("{}: given up", job, e.getCause());
      } else if (failure.concernsOperator()) {
        LOG.warn("{}: attempt {} failed: {}", job, job.attempt(), failure.message(), e.getCause());
      } else {
        LOG.info("{}: failed: {} {}", job, failure.reason(), failure.message());
      }
      return new Result.Failed(failure);
    }
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
