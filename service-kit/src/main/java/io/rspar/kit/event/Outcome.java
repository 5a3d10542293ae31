package io.rspar.kit.event;

import io.rspar.kit.failure.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * What becomes of a record: what to publish with its offset and what to remember once that is
 * committed, or that it has to be tried again.
 *
 * @param deadLetter whether one of the records is the dead letter
 * @param failure why it failed, if it did
 * @param retryAfter how long to wait before another attempt; empty if this one settles it
 * @param afterCommit run once the records are visible; not run when they are discarded
 */
record Outcome(
    List<ProducerRecord<byte[], byte[]>> records,
    boolean deadLetter,
    Optional<Failure> failure,
    Optional<Duration> retryAfter,
    Runnable afterCommit) {

  static Outcome of(List<ProducerRecord<byte[], byte[]>> records) {
    return new Outcome(records, false, Optional.empty(), Optional.empty(), () -> {});
  }

  /** Nothing follows from the record. */
  static Outcome nothing() {
    return of(List.of());
  }

  static Outcome failed(
      List<ProducerRecord<byte[], byte[]>> records, boolean deadLetter, Failure failure) {
    return new Outcome(records, deadLetter, Optional.of(failure), Optional.empty(), () -> {});
  }

  static Outcome again(Duration wait, Failure failure) {
    return new Outcome(List.of(), false, Optional.of(failure), Optional.of(wait), () -> {});
  }

  Outcome andThen(Runnable afterCommit) {
    return new Outcome(records, deadLetter, failure, retryAfter, afterCommit);
  }

  /** This outcome and another's dead letter with it. */
  Outcome alsoAs(Outcome other) {
    List<ProducerRecord<byte[], byte[]>> all = new ArrayList<>(records);
    all.addAll(other.records());
    return new Outcome(
        List.copyOf(all),
        deadLetter || other.deadLetter(),
        other.failure(),
        retryAfter,
        afterCommit);
  }
}
