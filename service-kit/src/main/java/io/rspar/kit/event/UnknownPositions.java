package io.rspar.kit.event;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Assigned partitions in which a consumer does not know where to go on. It asks the group's
 * coordinator, which gives no answer while a transaction that commits the group's offsets is open:
 * for ever where it hangs (KIP-664, {@link HangingTransactions}). The consumer itself asks again
 * and again and says nothing.
 */
final class UnknownPositions {
  private final Map<TopicPartition, Long> sinceNanos = new HashMap<>();

  /**
   * Looks at all assigned partitions.
   *
   * @param atLeast how long they have been without a position, as far as this object has seen
   * @param nowNanos of {@link System#nanoTime}
   */
  List<TopicPartition> of(Consumer<?, ?> consumer, Duration atLeast, long nowNanos) {
    sinceNanos.keySet().retainAll(consumer.assignment());
    for (TopicPartition partition : consumer.assignment()) {
      if (isKnown(consumer, partition)) {
        sinceNanos.remove(partition);
      } else {
        sinceNanos.putIfAbsent(partition, nowNanos);
      }
    }
    return sinceNanos.entrySet().stream()
        .filter(unknown -> nowNanos - unknown.getValue() >= atLeast.toNanos())
        .map(Map.Entry::getKey)
        .toList();
  }

  private static boolean isKnown(Consumer<?, ?> consumer, TopicPartition partition) {
    try {
      consumer.position(partition, Duration.ZERO);
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }
}
