package io.rspar.kit.event;

import io.rspar.kit.failure.Failure;
import io.rspar.kit.failure.Failures;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs work, and runs it again where its failure may pass. */
final class Attempts {
  private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

  /** How work ended. */
  sealed interface Result<T> {
    /** It succeeded. */
    record Done<T>(T value) implements Result<T> {}

    /** It failed for good. */
    record Failed<T>(Failure failure) implements Result<T> {}
  }

  private final int limit;
  private final Duration backoff;
  private final Consumer<Failure> onRetry;

  Attempts(int limit, Duration backoff, Consumer<Failure> onRetry) {
    this.limit = limit;
    this.backoff = backoff;
    this.onRetry = onRetry;
  }

  <T> Result<T> run(Job job, Callable<T> work) throws InterruptedException {
    Duration wait = backoff;
    for (int attempt = 1; ; attempt++) {
      job.beginAttempt(attempt);
      // A task of its own, so that errors too (out of memory, a native library that is missing)
      // become a failure of this job rather than the end of the thread.
      FutureTask<T> task = new FutureTask<>(work);
      task.run();
      try {
        return new Result.Done<>(task.get());
      } catch (ExecutionException e) {
        Failure failure = Failures.of(e).withAttempts(attempt);
        if (failure.concernsOperator()) {
          LOG.warn("{}: attempt {} failed: {}", job, attempt, failure.message(), e.getCause());
        } else {
          LOG.info("{}: failed: {} {}", job, failure.reason(), failure.message());
        }
        if (!failure.isTransient() || attempt == limit || job.cancelled()) {
          return new Result.Failed<>(failure);
        }
        onRetry.accept(failure);
      }
      Thread.sleep(wait.toMillis());
      wait = wait.multipliedBy(2);
    }
  }
}
