package io.rspar.kit.event;

import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/**
 * Stateless work: one event in, events out. Called on one thread. The same event can come again
 * after a crash or a rebalance, so the work has to give the same result; what it returns is
 * published exactly once.
 */
@FunctionalInterface
public interface Worker {

  /**
   * Does the work. An exception becomes a {@link io.rspar.kit.failure.Failure}: a transient one is
   * tried again first, any other is answered as {@link FailureEvents} says.
   *
   * @return the events to publish; empty where the event is none of this worker's business
   */
  List<Outgoing> work(SpecificRecord event, JobContext job) throws Exception;
}
