package io.rspar.kit.event;

import io.opentelemetry.context.Context;
import io.rspar.events.PruningStatus;
import io.rspar.events.Stage;
import io.rspar.events.topic.Topic;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes how far running jobs are, outside of any transaction and without ever holding a job up:
 * a report that cannot be sent is dropped.
 */
final class ProgressPublisher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ProgressPublisher.class);

  private final KafkaProducer<byte[], byte[]> producer;
  private final Outbox outbox;
  private final Clock clock;

  ProgressPublisher(KafkaClients clients, Outbox outbox, Clock clock) {
    this.producer = clients.producer(Duration.ofMillis(500));
    this.outbox = outbox;
    this.clock = clock;
  }

  void publish(Context trace, String requestId, Stage stage, double share, String detail) {
    PruningStatus status =
        PruningStatus.newBuilder()
            .setRequestId(requestId)
            .setStage(stage)
            .setProgress(share)
            .setDetail(detail)
            .setUpdatedAt(clock.instant())
            .build();
    // A key of its own, so that compaction keeps the process's summary beside a worker's progress.
    String key = requestId + "/" + stage.name().toLowerCase(Locale.ROOT);
    try {
      producer.send(
          outbox.record(new Outgoing(Topic.PRUNING_STATUS, key, status), trace),
          (metadata, error) -> {
            if (error != null) {
              LOG.debug("Progress of {} was not published", requestId, error);
            }
          });
    } catch (KafkaException e) {
      LOG.debug("Progress of {} was not published", requestId, e);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(2));
  }
}
