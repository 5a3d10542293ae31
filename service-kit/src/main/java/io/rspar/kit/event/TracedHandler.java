package io.rspar.kit.event;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.rspar.kit.trace.Tracing;
import java.util.Set;

/**
 * Makes a span of every attempt at a job: its parent is the span that published the record, and the
 * events that follow from it are its children's.
 */
final class TracedHandler implements Handler {
  private static final AttributeKey<Long> DELIVERY = AttributeKey.longKey("rspar.job.delivery");
  private static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("rspar.job.attempt");
  private static final AttributeKey<Long> EVENTS = AttributeKey.longKey("rspar.job.events");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

  private final Handler handler;
  private final Tracing tracing;

  TracedHandler(Handler handler, Tracing tracing) {
    this.handler = handler;
    this.tracing = tracing;
  }

  @Override
  public Outcome handle(Job job) throws InterruptedException {
    Span span = tracing.process(job.record(), WorkHandler.requestIdOf(job.record()));
    span.setAttribute(DELIVERY, (long) job.delivery()).setAttribute(ATTEMPT, (long) job.attempt());
    job.tracedBy(span);
    try {
      Outcome outcome = handler.handle(job);
      span.setAttribute(EVENTS, (long) outcome.records().size());
      outcome
          .failure()
          .ifPresent(
              failure ->
                  span.setAttribute(ERROR, failure.reason().name()).setStatus(StatusCode.ERROR));
      return outcome;
    } finally {
      span.end();
    }
  }

  @Override
  public Sharing sharing() {
    return handler.sharing();
  }

  @Override
  public boolean isUnwanted(Job job) {
    return handler.isUnwanted(job);
  }

  @Override
  public void retain(Set<Integer> partitions) {
    handler.retain(partitions);
  }

  @Override
  public void idle() {
    handler.idle();
  }
}
