package io.rspar.kit.event;

import io.rspar.events.FailureReason;
import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.Failure;
import io.rspar.kit.service.Service;
import java.time.Clock;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;

/**
 * How a worker service answers what it could not do: with a {@code WorkFailed} where its success
 * would have been awaited, so that the search decides what follows.
 */
public final class FailureEvents {
  private final Service service;
  private final Clock clock;

  public FailureEvents(Service service, Clock clock) {
    this.service = service;
    this.clock = clock;
  }

  /** The answer to an event whose work failed; it names the candidate if the event has one. */
  public List<Outgoing> of(SpecificRecord event, Failure failure) {
    Schema.Field candidate = event.getSchema().getField(Topic.Key.CANDIDATE_ID.field());
    return answer(
        Topic.requestIdOf(event),
        candidate == null ? null : (String) event.get(candidate.pos()),
        failure);
  }

  /** The answer to a record that cannot be read: not even which candidate it was is known. */
  List<Outgoing> ofUnreadable(String requestId, Failure failure) {
    return answer(requestId, null, failure);
  }

  private List<Outgoing> answer(String requestId, String candidateId, Failure failure) {
    Stage stage = service.stage();
    WorkFailed event = failure.toEvent(requestId, candidateId, stage, clock.instant());
    return List.of(Outgoing.of(service.failures(), event));
  }

  /** Why a record cannot be worked on at all. */
  static Failure unreadable(UnreadableEventException e) {
    return new Failure(
        FailureReason.UNREADABLE_RECORD,
        "A record cannot be read: " + e.getMessage(),
        "publish events with the schemas of this version",
        1);
  }
}
