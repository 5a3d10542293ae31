package io.rspar.kit.event;

import io.rspar.events.Stage;
import io.rspar.kit.failure.Failure;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/**
 * An event-sourced process: the state of a request is the fold over its events, so a restart
 * rebuilds it from the topics. After a restart the events of one topic come in order, topic after
 * topic in the order in which the loop names them: only what precedes what within a topic, or
 * across topics in that order, may matter to {@link #fold}.
 *
 * <p>A record that cannot be read but belongs to a known request is handed on as a {@code
 * WorkFailed} with reason UNREADABLE_RECORD.
 *
 * @param <S> the immutable state of one request
 */
public interface Process<S> {

  /** The state before the first event. */
  S initial(String requestId);

  /**
   * The state after an event. Pure and cheap: no I/O, no clock, no randomness. Returns the same
   * instance for an event that changes nothing (a duplicate); then {@link #act} is not called.
   */
  S fold(S state, SpecificRecord event);

  /**
   * What follows from a new event. Called for live events only, after {@link #fold}; may take long.
   * The same event can come again after a crash, so the answer has to be a function of state and
   * event.
   *
   * @param job takes progress and tells when the answer is no longer wanted: a cancelled call
   *     returns or throws early, and what it returns is discarded
   */
  List<Outgoing> act(S state, SpecificRecord event, JobContext job) throws Exception;

  /** What follows from {@link #act} having failed. */
  List<Outgoing> failed(S state, SpecificRecord event, Failure failure);

  /** Whether the request has ended; its state is dropped and later events are ignored. */
  boolean finished(S state);

  /**
   * Something without which a request cannot go on.
   *
   * @param stage what cannot be done
   * @param detail what is missing and how to provide it, for a person to read
   */
  record Missing(String requestId, Stage stage, String detail) {}

  /**
   * What requests wait for in vain; asked now and then while there is nothing to do, and reported
   * in their status. May ask the brokers.
   *
   * @param underWay states of requests that have not ended
   */
  default List<Missing> missing(List<S> underWay) {
    return List.of();
  }
}
