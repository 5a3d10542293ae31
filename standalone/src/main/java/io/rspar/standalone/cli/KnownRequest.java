package io.rspar.standalone.cli;

import io.rspar.standalone.client.RequestClient;
import io.rspar.standalone.client.RequestFollower;
import java.time.Duration;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/** What the cluster knows of a request now. */
final class KnownRequest {
  private static final Duration POLL = Duration.ofMillis(200);

  private KnownRequest() {}

  /**
   * How a request has ended, if it has.
   *
   * @throws CommandFailure if nobody has submitted it
   */
  static Optional<SpecificRecord> end(RequestClient client, String requestId)
      throws CommandFailure {
    try (RequestFollower follower = client.follow(requestId)) {
      boolean seen = false;
      boolean last = false;
      while (!last) {
        last = follower.isUpToDate();
        for (SpecificRecord event : follower.poll(POLL)) {
          seen = true;
          if (RequestFollower.isEnd(event)) {
            return Optional.of(event);
          }
        }
      }
      if (!seen && client.find(requestId).isEmpty()) {
        throw CommandFailure.usage(
            "there is no request '%s' on this cluster".formatted(requestId),
            "take the id that 'rspar submit' has printed");
      }
      return Optional.empty();
    }
  }
}
