package io.rspar.standalone.client;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.rspar.events.CancellationRequested;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.PruningStatus;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.event.LiveMembers;
import io.rspar.kit.event.Outbox;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.TopicContent;
import io.rspar.kit.event.TopicSetup;
import io.rspar.kit.service.Service;
import io.rspar.kit.trace.Tracing;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;

/** Submits, cancels, finds and follows requests. Not thread-safe. */
public final class RequestClient implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final KafkaClients clients;
  private final EventCodec codec;
  private final Outbox outbox;
  private final Tracing tracing = Tracing.ofEnvironment("rspar-cli");
  private final List<AutoCloseable> opened = new ArrayList<>();
  private KafkaProducer<byte[], byte[]> producer;
  private RequestFollower everything;

  /** Connects to a broker of one's own, and creates the topics if no service has yet. */
  public RequestClient(String bootstrapServers) {
    this(KafkaSettings.local(bootstrapServers));
    try (Admin admin = clients.admin()) {
      TopicSetup.ensure(admin, (short) -1);
    }
  }

  /** Connects to a cluster as it is, whose events need no registry. */
  public RequestClient(KafkaSettings settings) {
    this(settings, EventCodec.singleObject());
  }

  /**
   * Connects to a cluster as it is.
   *
   * @param codec as the services use; closed with this
   */
  public RequestClient(KafkaSettings settings, EventCodec codec) {
    this.clients = new KafkaClients(settings);
    this.codec = codec;
    this.outbox = new Outbox(codec, "/rspar/cli", Clock.systemUTC());
  }

  /**
   * Publishes a request; it is on the broker when this returns.
   *
   * @throws KafkaException if the broker does not take it
   */
  public RecordMetadata submit(PruningRequest request) throws InterruptedException {
    return publish(Outgoing.of(Topic.PRUNING_REQUESTS, new PruningRequested(request)));
  }

  /**
   * Publishes that a request is no longer wanted; it ends soon after.
   *
   * @throws KafkaException if the broker does not take it
   */
  public RecordMetadata cancel(String requestId) throws InterruptedException {
    return publish(
        Outgoing.of(
            Topic.PRUNING_CANCELLATIONS,
            new CancellationRequested(requestId, Clock.systemUTC().instant())));
  }

  private RecordMetadata publish(Outgoing outgoing) throws InterruptedException {
    if (producer == null) {
      producer = clients.producer(PATIENCE);
      opened.add(producer);
    }
    Span span = tracing.send(outgoing.topic().topicName(), Topic.requestIdOf(outgoing.event()));
    try {
      return producer.send(outbox.record(outgoing, Context.root().with(span))).get();
    } catch (ExecutionException e) {
      span.setStatus(StatusCode.ERROR);
      throw new KafkaException(
          "%s could not be published: %s"
              .formatted(outgoing.event().getClass().getSimpleName(), e.getCause().getMessage()),
          e.getCause());
    } finally {
      span.end();
    }
  }

  /** The request as it was submitted, if it was and the topic still holds it. */
  public Optional<PruningRequest> find(String requestId) {
    List<PruningRequest> found = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> reader = clients.reader()) {
      TopicContent.read(
          reader,
          Topic.PRUNING_REQUESTS.topicName(),
          record -> {
            try {
              SpecificRecord event = codec.decode(record.topic(), record.headers(), record.value());
              if (Topic.requestIdOf(event).equals(requestId)) {
                found.add(((PruningRequested) event).getRequest());
              }
            } catch (UnreadableEventException e) {
              // Somebody else's mistake.
            }
          });
    }
    return found.stream().findFirst();
  }

  /** Follows one request, from its beginning. */
  public RequestFollower follow(String requestId) {
    RequestFollower follower = RequestFollower.of(clients, codec, requestId);
    opened.add(follower);
    return follower;
  }

  /** Follows all requests, from the beginning. */
  public RequestFollower followAll() {
    RequestFollower follower = RequestFollower.ofAll(clients, codec);
    opened.add(follower);
    return follower;
  }

  /**
   * Waits a moment for news of a request.
   *
   * @param progress told each report of its progress
   * @return {@code PruningCompleted} or {@code PruningFailed}, once it has ended
   */
  public Optional<SpecificRecord> poll(String requestId, Consumer<PruningStatus> progress) {
    if (everything == null) {
      everything = followAll();
    }
    SpecificRecord end = null;
    for (SpecificRecord event : everything.poll(POLL)) {
      if (!Topic.requestIdOf(event).equals(requestId)) {
        continue;
      }
      if (event instanceof PruningStatus status) {
        progress.accept(status);
      } else if (end == null) {
        end = event;
      }
    }
    return Optional.ofNullable(end);
  }

  /**
   * Services of which no instance is connected.
   *
   * @throws KafkaException if the brokers cannot be asked
   */
  public List<Service> missingServices() {
    Map<String, Integer> members = LiveMembers.byGroup(clients);
    return Arrays.stream(Service.values())
        .filter(
            service ->
                members.keySet().stream()
                    .noneMatch(
                        group ->
                            group.equals(service.group())
                                || group.startsWith(service.group() + "-")))
        .toList();
  }

  @Override
  public void close() {
    for (AutoCloseable client : opened) {
      try {
        client.close();
      } catch (Exception e) {
        throw new KafkaException("A client could not be closed", e);
      }
    }
    codec.close();
    tracing.close();
  }
}
