package io.rspar.kit.event;

import io.opentelemetry.context.Context;
import io.rspar.events.Stage;

/** Publishes how far a request is. */
@FunctionalInterface
interface RequestProgress {
  /**
   * @param trace of the job that reports it
   * @param share done share of the stage's running job, 0 to 1
   * @param detail what is being done, for a person to read
   */
  void publish(Context trace, String requestId, Stage stage, double share, String detail);
}
