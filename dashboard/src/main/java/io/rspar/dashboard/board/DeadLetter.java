package io.rspar.dashboard.board;

import java.time.Instant;

/**
 * A record that could not be processed.
 *
 * @param topic dead-letter topic it lies in
 * @param origin topic it came from
 * @param requestId request it belongs to; null if nobody knows
 * @param attempts how often it was tried; null if the header is missing
 * @param redrivenAt when it was sent again; null if it was not
 */
public record DeadLetter(
    String topic,
    int partition,
    long offset,
    String origin,
    String requestId,
    String type,
    String reason,
    String message,
    String attempts,
    Instant at,
    Instant redrivenAt) {

  /** Its coordinates, as the header of the record that was sent again names them. */
  public String coordinates() {
    return topic + "/" + partition + "/" + offset;
  }

  DeadLetter redriven(Instant when) {
    return new DeadLetter(
        topic, partition, offset, origin, requestId, type, reason, message, attempts, at, when);
  }
}
