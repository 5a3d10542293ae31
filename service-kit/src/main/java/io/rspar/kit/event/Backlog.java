package io.rspar.kit.event;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Records that were fetched and wait for the worker, and whose turn it is. Offsets are committed in
 * order, so only the first record of each partition can be taken. Among those the order is:
 *
 * <ol>
 *   <li>the higher priority;
 *   <li>the request whose last turn is longest ago, so that one with many candidates does not keep
 *       those with few waiting;
 *   <li>the older record.
 * </ol>
 *
 * Not thread-safe: it belongs to the poll thread.
 */
final class Backlog {
  /** Turns of this many requests are remembered; an older one counts as none. */
  private static final int REMEMBERED_TURNS = 10_000;

  /**
   * A record that waits.
   *
   * @param attempt which attempt its next one is, from 1
   * @param delivery which delivery the attempts after the first belong to
   * @param notBeforeNanos when they may begin, on the clock of {@link System#nanoTime}
   */
  record Waiting(
      ConsumerRecord<byte[], byte[]> record, int attempt, int delivery, long notBeforeNanos) {
    TopicPartition partition() {
      return new TopicPartition(record.topic(), record.partition());
    }

    private boolean due(long nowNanos) {
      return attempt == 1 || nowNanos - notBeforeNanos >= 0;
    }
  }

  private final Map<TopicPartition, Deque<Waiting>> partitions = new HashMap<>();

  private final Map<String, Long> turns =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > REMEMBERED_TURNS;
        }
      };

  private long turn;

  /** Puts a record behind the others of its partition. */
  void add(ConsumerRecord<byte[], byte[]> record) {
    Waiting waiting = new Waiting(record, 1, 0, 0);
    partitions.computeIfAbsent(waiting.partition(), p -> new ArrayDeque<>()).addLast(waiting);
  }

  /** Puts a job's record before the others of its partition, for another attempt. */
  void again(Job job, long notBeforeNanos) {
    Waiting waiting = new Waiting(job.record(), job.attempt() + 1, job.delivery(), notBeforeNanos);
    partitions.computeIfAbsent(waiting.partition(), p -> new ArrayDeque<>()).addFirst(waiting);
  }

  /** Takes the record whose turn it is, if one is due. */
  Optional<Waiting> take(long nowNanos) {
    Optional<Waiting> next =
        partitions.values().stream()
            .map(Deque::peekFirst)
            .filter(waiting -> waiting.due(nowNanos))
            .min(
                Comparator.comparingInt((Waiting w) -> -priorityOf(w.record()))
                    .thenComparingLong(w -> turns.getOrDefault(requestOf(w.record()), 0L))
                    .thenComparingLong(w -> w.record().timestamp())
                    .thenComparingLong(w -> w.record().offset()));
    next.ifPresent(this::remove);
    return next;
  }

  private void remove(Waiting taken) {
    Deque<Waiting> waiting = partitions.get(taken.partition());
    waiting.removeFirst();
    if (waiting.isEmpty()) {
      partitions.remove(taken.partition());
    }
    turn++;
    turns.put(requestOf(taken.record()), turn);
  }

  /** Partitions of which records wait. */
  Set<TopicPartition> partitions() {
    return new HashSet<>(partitions.keySet());
  }

  /** Forgets the records of partitions that are read anew or by someone else. */
  void drop(Collection<TopicPartition> gone) {
    partitions.keySet().removeAll(Set.copyOf(gone));
  }

  private static int priorityOf(ConsumerRecord<byte[], byte[]> record) {
    return EventHeaders.priority(record.headers());
  }

  /** A record that names no request is one of its own. */
  private static String requestOf(ConsumerRecord<byte[], byte[]> record) {
    return EventHeaders.text(record.headers(), EventHeaders.CORRELATION)
        .orElseGet(() -> record.topic() + "/" + record.partition() + "/" + record.offset());
  }
}
