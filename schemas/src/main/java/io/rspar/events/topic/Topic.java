package io.rspar.events.topic;

import io.rspar.events.CancellationRequested;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidateProposed;
import io.rspar.events.CandidatePruned;
import io.rspar.events.CurvatureRequested;
import io.rspar.events.CurvatureSummed;
import io.rspar.events.PruningAdmitted;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequested;
import io.rspar.events.PruningStatus;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.SensitivityRequested;
import io.rspar.events.WorkFailed;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.utils.Utils;

/**
 * The topics. All have the same number of partitions, so that one request's events lie in equal
 * partitions of the topics keyed by request id and one consumer can own them together.
 */
public enum Topic {
  PRUNING_REQUESTS("pruning-requests", Key.REQUEST_ID, Cleanup.DELETE, PruningRequested.class),
  PRUNING_CANCELLATIONS(
      "pruning-cancellations", Key.REQUEST_ID, Cleanup.DELETE, CancellationRequested.class),
  CURVATURE_SHARDS(
      "curvature-shards",
      Key.SHARD_ID,
      Cleanup.DELETE,
      CurvatureRequested.class,
      SensitivityRequested.class),
  SENSITIVITY_REPORTS(
      "sensitivity-reports",
      Key.REQUEST_ID,
      Cleanup.DELETE,
      PruningAdmitted.class,
      CurvatureSummed.class,
      SensitivityMeasured.class,
      WorkFailed.class),
  PRUNING_CANDIDATES(
      "pruning-candidates", Key.CANDIDATE_ID, Cleanup.DELETE, CandidateProposed.class),
  PRUNED_MODELS("pruned-models", Key.CANDIDATE_ID, Cleanup.DELETE, CandidatePruned.class),
  EVALUATION_RESULTS(
      "evaluation-results",
      Key.REQUEST_ID,
      Cleanup.DELETE,
      CandidateEvaluated.class,
      WorkFailed.class),
  PRUNING_RESULTS(
      "pruning-results",
      Key.REQUEST_ID,
      Cleanup.DELETE,
      PruningCompleted.class,
      PruningFailed.class),
  /**
   * Besides the summary under the request id, each worker's progress under {@code <request
   * id>/<stage>}, so that compaction keeps both.
   */
  PRUNING_STATUS("pruning-status", Key.REQUEST_ID, Cleanup.COMPACT, PruningStatus.class);

  /** What a topic's record key is: it decides which records share a partition and an order. */
  public enum Key {
    /** All events of a request in order. */
    REQUEST_ID("requestId", Optional.empty()),
    /** Shards of a request's sensitivities spread over all workers. */
    SHARD_ID("shardId", Optional.of("shard")),
    /** Candidates spread over all workers. */
    CANDIDATE_ID("candidateId", Optional.of("index"));

    private final String field;
    private final Optional<String> place;

    Key(String field, Optional<String> place) {
      this.field = field;
      this.place = place;
    }

    /** The event field that holds the key. */
    public String field() {
      return field;
    }
  }

  /** What becomes of old records. */
  public enum Cleanup {
    /** Dropped after {@link #RETENTION}. */
    DELETE,
    /** The newest of each key stays. */
    COMPACT
  }

  /** Upper bound of workers of one service that share the work of one topic. */
  public static final int PARTITIONS = 24;

  /**
   * Partitions between one piece of a request's work and the next. It has no divisor in common with
   * {@link #PARTITIONS}, and few consecutive pieces lie evenly in both kinds of shares that
   * assignors give: ranges of partitions, and every n-th.
   */
  private static final int STRIDE = 7;

  /** How long a request can be rebuilt from its topics: longer than any request takes. */
  public static final Duration RETENTION = Duration.ofDays(30);

  /** Largest value of a record (bytes): events carry references, never tensors. */
  public static final int MAX_RECORD_BYTES = 1 << 20;

  /** What key, headers and batch framing add to a record's value (bytes). */
  private static final int ENVELOPE_BYTES = 64 << 10;

  private final String topicName;
  private final Key key;
  private final Cleanup cleanup;
  private final Set<Class<? extends SpecificRecord>> eventTypes;

  @SafeVarargs
  Topic(String topicName, Key key, Cleanup cleanup, Class<? extends SpecificRecord>... eventTypes) {
    this.topicName = topicName;
    this.key = key;
    this.cleanup = cleanup;
    this.eventTypes = Set.of(eventTypes);
  }

  /** The topic's name on the broker. */
  public String topicName() {
    return topicName;
  }

  /** Name of the topic that takes what could not be processed. */
  public String deadLetterName() {
    return topicName + "-dlq";
  }

  public Key key() {
    return key;
  }

  public Cleanup cleanup() {
    return cleanup;
  }

  /** The events that this topic carries; nothing else is published or accepted. */
  public Set<Class<? extends SpecificRecord>> eventTypes() {
    return eventTypes;
  }

  public int partitions() {
    return PARTITIONS;
  }

  /**
   * How long records are kept, where they are not compacted. A request's end outlives its other
   * events, so that what is left of a request is never taken for one that is under way.
   */
  public Duration retention() {
    return this == PRUNING_RESULTS ? RETENTION.multipliedBy(2) : RETENTION;
  }

  /** Broker-side configuration, in Kafka's names. */
  public Map<String, String> configuration() {
    return switch (cleanup) {
      case DELETE ->
          Map.of(
              "cleanup.policy", "delete",
              "retention.ms", Long.toString(retention().toMillis()),
              "max.message.bytes", Integer.toString(MAX_RECORD_BYTES + ENVELOPE_BYTES));
      case COMPACT ->
          Map.of(
              "cleanup.policy",
              "compact",
              "max.message.bytes",
              Integer.toString(MAX_RECORD_BYTES + ENVELOPE_BYTES));
    };
  }

  /**
   * Broker-side configuration of the dead-letter topic: room for the whole record and the headers
   * that say why.
   */
  public Map<String, String> deadLetterConfiguration() {
    return Map.of(
        "cleanup.policy", "delete",
        "retention.ms", Long.toString(RETENTION.toMillis()),
        "max.message.bytes", Integer.toString(MAX_RECORD_BYTES + 2 * ENVELOPE_BYTES));
  }

  /**
   * The key under which an event belongs into this topic.
   *
   * @throws IllegalArgumentException if the topic does not carry this event
   */
  public String keyOf(SpecificRecord event) {
    if (!eventTypes.contains(event.getClass())) {
      throw new IllegalArgumentException(
          topicName
              + " does not carry "
              + event.getClass().getSimpleName()
              + "; it carries "
              + eventTypes.stream().map(Class::getSimpleName).sorted().toList());
    }
    return switch (key) {
      case REQUEST_ID -> requestIdOf(event);
      case SHARD_ID, CANDIDATE_ID ->
          (String) event.get(event.getSchema().getField(key.field()).pos());
    };
  }

  /**
   * The request that an event belongs to.
   *
   * @throws IllegalArgumentException if the record is no event of a request
   */
  public static String requestIdOf(SpecificRecord event) {
    if (event instanceof PruningRequested requested) {
      return requested.getRequest().getRequestId();
    }
    var field = event.getSchema().getField(Key.REQUEST_ID.field());
    if (field == null) {
      throw new IllegalArgumentException(event.getSchema().getFullName() + " has no requestId");
    }
    return (String) event.get(field.pos());
  }

  /**
   * The partition that a key belongs into: what Kafka's own Java producer chooses. Producers in
   * other languages may choose another by default.
   */
  public static int partitionOf(String key) {
    return Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8))) % PARTITIONS;
  }

  /**
   * The partition of a piece of a request's work, so that the pieces are shared evenly by the
   * workers, which the hashes of their keys are not; empty where the key decides.
   */
  public Optional<Integer> partitionOf(SpecificRecord event) {
    return key.place.map(
        place -> {
          var field = event.getSchema().getField(place);
          int piece = field == null ? 0 : (int) event.get(field.pos());
          return Math.floorMod(partitionOf(requestIdOf(event)) + STRIDE * (long) piece, PARTITIONS);
        });
  }

  /** The topic of this name, if it is one of ours. */
  public static Optional<Topic> named(String topicName) {
    return Arrays.stream(values()).filter(topic -> topic.topicName.equals(topicName)).findFirst();
  }
}
