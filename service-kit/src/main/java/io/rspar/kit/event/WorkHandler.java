package io.rspar.kit.event;

import io.rspar.events.FailureReason;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Hands records to a stateless {@link Worker}. */
final class WorkHandler implements Handler {
  private final Worker worker;
  private final EventCodec codec;
  private final JobRunner runner;
  private final RequestProgress progress;

  WorkHandler(Worker worker, EventCodec codec, JobRunner runner, RequestProgress progress) {
    this.worker = worker;
    this.codec = codec;
    this.runner = runner;
    this.progress = progress;
  }

  @Override
  public Sharing sharing() {
    return Sharing.INDEPENDENT;
  }

  @Override
  public Outcome handle(Job job) throws InterruptedException {
    ConsumerRecord<byte[], byte[]> record = job.record();
    SpecificRecord event;
    try {
      event = codec.decode(record.topic(), record.headers(), record.value());
    } catch (UnreadableEventException e) {
      return runner.refuse(
          job,
          unreadable(e),
          failure ->
              requestIdOf(record).map(id -> worker.unreadable(id, failure)).orElse(List.of()));
    }
    String requestId = Topic.requestIdOf(event);
    job.reportTo((share, detail) -> progress.publish(requestId, share, detail));
    return runner.run(job, () -> worker.work(event, job), failure -> worker.failed(event, failure));
  }

  @Override
  public void retain(Set<Integer> partitions) {
    // Nothing is remembered between records.
  }

  static Failure unreadable(UnreadableEventException e) {
    return new Failure(
        FailureReason.UNREADABLE_RECORD,
        "A record cannot be read: " + e.getMessage(),
        "publish events with the schemas of this version",
        1);
  }

  /** The request of a record that cannot be read: from its headers, else from its key. */
  static Optional<String> requestIdOf(ConsumerRecord<byte[], byte[]> record) {
    Optional<String> correlation = EventHeaders.text(record.headers(), EventHeaders.CORRELATION);
    boolean keyIsRequest =
        Topic.named(record.topic()).filter(t -> t.key() == Topic.Key.REQUEST_ID).isPresent();
    if (correlation.isPresent() || !keyIsRequest || record.key() == null) {
      return correlation;
    }
    return Optional.of(new String(record.key(), StandardCharsets.UTF_8));
  }
}
