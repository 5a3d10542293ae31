package io.rspar.kit.event;

import static io.rspar.kit.event.KafkaFutures.get;

import io.rspar.events.topic.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Transactions that are open in a partition though their coordinator has closed them: a broker that
 * is killed while it commits can lose the end marker of a partition. Readers of committed records
 * wait there for ever, and a group whose offsets are concerned gets no record at all. To abort one
 * is safe: what it held is delivered and done again, with the same identifiers. As {@code
 * kafka-transactions.sh find-hanging} and {@code abort} (KIP-664).
 */
public final class HangingTransactions {
  private static final String OFFSETS = "__consumer_offsets";

  private static final Set<TransactionState> OPEN =
      Set.of(
          TransactionState.ONGOING,
          TransactionState.PREPARE_COMMIT,
          TransactionState.PREPARE_ABORT,
          TransactionState.PREPARE_EPOCH_FENCE);

  private HangingTransactions() {}

  /**
   * One of them, in one partition.
   *
   * @param startOffset its first record
   * @param since its last record's time
   */
  public record Hanging(
      TopicPartition partition,
      long producerId,
      short producerEpoch,
      int coordinatorEpoch,
      long startOffset,
      Instant since) {
    static Hanging of(TopicPartition partition, ProducerState producer) {
      return new Hanging(
          partition,
          producer.producerId(),
          (short) producer.producerEpoch(),
          producer.coordinatorEpoch().orElse(0),
          producer.currentTransactionStartOffset().orElseThrow(),
          Instant.ofEpochMilli(producer.lastTimestamp()));
    }

    @Override
    public String toString() {
      return "%s@%d, open since %s (producer %d)"
          .formatted(partition, startOffset, since, producerId);
    }
  }

  /**
   * Those in the catalogue's topics and in the groups' offsets.
   *
   * @param age younger ones are not looked at
   * @throws KafkaException if the broker cannot be reached or the principal may not read them
   */
  public static List<Hanging> find(Admin admin, Duration age) {
    Instant latest = Instant.now().minus(age);
    List<Hanging> open =
        open(admin, partitions(admin)).stream().filter(h -> h.since().isBefore(latest)).toList();
    if (open.isEmpty()) {
      return List.of();
    }
    Map<Long, Set<TopicPartition>> known = known(admin, open);
    List<Hanging> unknown =
        open.stream()
            .filter(h -> !known.getOrDefault(h.producerId(), Set.of()).contains(h.partition()))
            .toList();
    // One that ended between the two looks is not open any more.
    Set<Hanging> still =
        new HashSet<>(open(admin, unknown.stream().map(Hanging::partition).toList()));
    return unknown.stream().filter(still::contains).toList();
  }

  /**
   * Writes the missing end: abort.
   *
   * @throws KafkaException if the principal may not (it needs ClusterAction or Alter on the
   *     cluster), or the transaction has ended
   */
  public static void abort(Admin admin, Hanging hanging) {
    get(
        admin
            .abortTransaction(
                new AbortTransactionSpec(
                    hanging.partition(),
                    hanging.producerId(),
                    hanging.producerEpoch(),
                    hanging.coordinatorEpoch()))
            .all());
  }

  private static List<TopicPartition> partitions(Admin admin) {
    List<TopicPartition> partitions = new ArrayList<>();
    Set<String> present = get(admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
    Set<String> wanted =
        Arrays.stream(Topic.values()).map(Topic::topicName).collect(Collectors.toSet());
    wanted.add(OFFSETS);
    wanted.retainAll(present);
    get(admin.describeTopics(wanted).allTopicNames())
        .forEach(
            (name, topic) ->
                topic.partitions().stream()
                    .filter(p -> p.leader() != null)
                    .forEach(p -> partitions.add(new TopicPartition(name, p.partition()))));
    return partitions;
  }

  private static List<Hanging> open(Admin admin, Collection<TopicPartition> partitions) {
    List<Hanging> open = new ArrayList<>();
    get(admin.describeProducers(partitions).all())
        .forEach(
            (partition, state) ->
                state.activeProducers().stream()
                    .filter(p -> p.currentTransactionStartOffset().isPresent())
                    .forEach(p -> open.add(Hanging.of(partition, p))));
    return open;
  }

  /** By producer: the partitions that its coordinator will still write an end to. */
  private static Map<Long, Set<TopicPartition>> known(Admin admin, List<Hanging> open) {
    Set<Long> producers = open.stream().map(Hanging::producerId).collect(Collectors.toSet());
    List<String> ids =
        get(
                admin
                    .listTransactions(new ListTransactionsOptions().filterProducerIds(producers))
                    .all())
            .stream()
            .filter(t -> OPEN.contains(t.state()))
            .map(TransactionListing::transactionalId)
            .toList();
    Map<Long, Set<TopicPartition>> known = new HashMap<>();
    for (TransactionDescription transaction : get(admin.describeTransactions(ids).all()).values()) {
      known.put(transaction.producerId(), transaction.topicPartitions());
    }
    return known;
  }
}
