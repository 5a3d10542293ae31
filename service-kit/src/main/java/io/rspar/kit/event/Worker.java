package io.rspar.kit.event;

import io.rspar.kit.failure.Failure;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/**
 * Stateless work: one event in, events out. Called on one thread. The same event can come again
 * after a crash or a rebalance, so the work has to give the same result; what it returns is
 * published exactly once.
 */
public interface Worker {

  /**
   * Does the work. An exception becomes a {@link Failure}; transient ones are tried again first.
   *
   * @return the events to publish; empty where the event is none of this worker's business
   */
  List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception;

  /** The events that tell of a failure, published in place of the result. */
  List<Outgoing> failed(SpecificRecord event, Failure failure);

  /**
   * The events that tell of a record that cannot be read, where it is known which request it
   * belongs to. The record itself goes to the dead-letter topic in any case.
   */
  default List<Outgoing> unreadable(String requestId, Failure failure) {
    return List.of();
  }
}
