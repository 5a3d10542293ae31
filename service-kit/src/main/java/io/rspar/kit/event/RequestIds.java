package io.rspar.kit.event;

import io.rspar.events.topic.Topic;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ids of requests that have ended, or are as good as ended. An id is forgotten when nothing of its
 * request can be left in the topics, so that a service that runs for years does not grow.
 * Thread-safe.
 */
final class RequestIds {
  private final Map<String, Long> seen = new LinkedHashMap<>();

  /**
   * @param timestampMillis of the record that says so (milliseconds since the epoch)
   */
  synchronized void add(String requestId, long timestampMillis) {
    seen.putIfAbsent(requestId, timestampMillis);
    long horizon = timestampMillis - Topic.RETENTION.toMillis();
    Iterator<Long> eldest = seen.values().iterator();
    while (eldest.hasNext() && eldest.next() < horizon) {
      eldest.remove();
    }
  }

  synchronized boolean contains(String requestId) {
    return seen.containsKey(requestId);
  }

  synchronized int size() {
    return seen.size();
  }
}
