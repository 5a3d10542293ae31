package io.rspar.kit.event;

import io.rspar.events.FailureReason;
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

  /** The answer to an event whose work failed; it names the candidate or shard of the event. */
  public List<Outgoing> of(SpecificRecord event, Failure failure) {
    return answer(
        Topic.requestIdOf(event),
        text(event, Topic.Key.CANDIDATE_ID),
        text(event, Topic.Key.SHARD_ID),
        failure);
  }

  private static String text(SpecificRecord event, Topic.Key key) {
    Schema.Field field = event.getSchema().getField(key.field());
    return field == null ? null : (String) event.get(field.pos());
  }

  /**
   * The answer to a record that cannot be read: not even which part of the work it was is known.
   */
  List<Outgoing> ofUnreadable(String requestId, Failure failure) {
    return answer(requestId, null, null, failure);
  }

  private List<Outgoing> answer(
      String requestId, String candidateId, String shardId, Failure failure) {
    WorkFailed event = failure.toEvent(requestId, candidateId, service.stage(), clock.instant());
    return List.of(
        Outgoing.of(service.failures(), WorkFailed.newBuilder(event).setShardId(shardId).build()));
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
