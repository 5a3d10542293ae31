package io.rspar.kit.event;

import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.service.Service;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Hands records to a stateless {@link Worker}, and answers for it where it fails. */
final class WorkHandler implements Handler {
  private final Service service;
  private final Worker worker;
  private final FailureEvents failures;
  private final EventCodec codec;
  private final JobRunner runner;
  private final RequestProgress progress;
  private final Predicate<String> unwanted;

  /**
   * @param unwanted requests whose work is dropped
   */
  WorkHandler(
      Service service,
      Worker worker,
      FailureEvents failures,
      EventCodec codec,
      JobRunner runner,
      RequestProgress progress,
      Predicate<String> unwanted) {
    this.service = service;
    this.worker = worker;
    this.failures = failures;
    this.codec = codec;
    this.runner = runner;
    this.progress = progress;
    this.unwanted = unwanted;
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
          FailureEvents.unreadable(e),
          failure ->
              requestIdOf(record).map(id -> failures.ofUnreadable(id, failure)).orElse(List.of()));
    }
    String requestId = Topic.requestIdOf(event);
    job.serves(
        requestId,
        (share, detail) ->
            progress.publish(job.trace(), requestId, service.stage(), share, detail));
    if (unwanted.test(requestId)) {
      job.drop();
      return Outcome.nothing();
    }
    return runner.run(job, () -> worker.work(event, job), failure -> failures.of(event, failure));
  }

  @Override
  public boolean isUnwanted(Job job) {
    return job.requestId().filter(unwanted).isPresent();
  }

  @Override
  public void retain(Set<Integer> partitions) {
    // Nothing is remembered between records.
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
