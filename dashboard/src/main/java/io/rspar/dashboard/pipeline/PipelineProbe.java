package io.rspar.dashboard.pipeline;

import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.lag.ConsumerGroups;
import io.rspar.kit.lag.GroupState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;

/** Asks the brokers about the consumer groups, no more often than it is worth. Thread-safe. */
public final class PipelineProbe implements AutoCloseable {
  private static final Duration WINDOW = Duration.ofMinutes(1);

  private record Sample(Instant at, long committed) {}

  private final KafkaClients clients;
  private final Clock clock;
  private final Duration interval;
  private final Map<String, Deque<Sample>> samples = new HashMap<>();
  private Admin admin;
  private Pipeline last;

  /**
   * @param interval within which the last answer is given again
   */
  public PipelineProbe(KafkaClients clients, Clock clock, Duration interval) {
    this.clients = clients;
    this.clock = clock;
    this.interval = interval;
  }

  /**
   * @throws KafkaException if the brokers do not answer
   */
  public synchronized Pipeline look() {
    Instant now = clock.instant();
    if (last == null || last.at().plus(interval).isBefore(now)) {
      if (admin == null) {
        admin = clients.admin();
      }
      last = new Pipeline(now, ConsumerGroups.of(admin).stream().map(g -> view(g, now)).toList());
    }
    return last;
  }

  private Pipeline.Group view(GroupState group, Instant now) {
    return new Pipeline.Group(
        group.service().id(),
        group.group(),
        group.state(),
        group.members(),
        group.lag().entrySet().stream()
            .map(e -> new Pipeline.TopicLag(e.getKey(), e.getValue()))
            .sorted(Comparator.comparing(Pipeline.TopicLag::topic))
            .toList(),
        group.totalLag(),
        perMinute(group, now));
  }

  private double perMinute(GroupState group, Instant now) {
    Deque<Sample> window = samples.computeIfAbsent(group.group(), g -> new ArrayDeque<>());
    window.addLast(new Sample(now, group.committed()));
    while (window.size() > 2 && window.getFirst().at().isBefore(now.minus(WINDOW))) {
      window.removeFirst();
    }
    Sample first = window.getFirst();
    double minutes = Duration.between(first.at(), now).toMillis() / 60_000.0;
    return minutes == 0 ? 0 : Math.max(0, group.committed() - first.committed()) / minutes;
  }

  @Override
  public synchronized void close() {
    if (admin != null) {
      admin.close(Duration.ofSeconds(2));
    }
  }
}
