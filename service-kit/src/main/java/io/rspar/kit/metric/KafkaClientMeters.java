package io.rspar.kit.metric;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricsReporter;

/**
 * Exports the measurements of Kafka's clients that say whether they are well. Kafka's clients make
 * it when {@code metric.reporters} names it, tell it of each measurement and close it with
 * themselves. Names follow Micrometer's Kafka binder: {@code kafka.consumer.…}, {@code
 * kafka.producer.…}.
 */
public final class KafkaClientMeters implements MetricsReporter {
  /** Group of a measurement, and which of its measurements are exported. */
  private static final Map<String, Set<String>> EXPORTED =
      Map.of(
          "consumer-coordinator-metrics",
          Set.of(
              "rebalance-total",
              "failed-rebalance-total",
              "commit-latency-avg",
              "last-heartbeat-seconds-ago",
              "assigned-partitions"),
          "consumer-fetch-manager-metrics",
          Set.of("records-consumed-total", "bytes-consumed-total", "fetch-latency-avg"),
          "consumer-metrics",
          Set.of("last-poll-seconds-ago", "time-between-poll-max", "connection-count"),
          "producer-metrics",
          Set.of(
              "record-send-total",
              "record-error-total",
              "record-retry-total",
              "request-latency-avg",
              "txn-commit-time-ns-total",
              "connection-count"));

  private final MeterRegistry registry = Metrics.globalRegistry;
  private final Map<MetricName, Meter.Id> exported = new ConcurrentHashMap<>();

  @Override
  public void configure(Map<String, ?> configuration) {
    // Nothing to configure: where meters go is the application's matter.
  }

  @Override
  public void init(List<KafkaMetric> metrics) {
    metrics.forEach(this::metricChange);
  }

  @Override
  public void metricChange(KafkaMetric metric) {
    MetricName name = metric.metricName();
    if (!EXPORTED.getOrDefault(name.group(), Set.of()).contains(name.name())
        || name.tags().containsKey("topic")
        || name.tags().containsKey("node-id")) {
      return;
    }
    String kind = name.group().startsWith("consumer") ? "consumer" : "producer";
    Gauge gauge =
        Gauge.builder(
                "kafka." + kind + "." + name.name().replace('-', '.'),
                metric,
                KafkaClientMeters::value)
            .description(name.description())
            .tags(Tags.of("client.id", name.tags().getOrDefault("client-id", "")))
            .register(registry);
    exported.put(name, gauge.getId());
  }

  private static double value(KafkaMetric metric) {
    return metric.metricValue() instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  @Override
  public void metricRemoval(KafkaMetric metric) {
    Meter.Id id = exported.remove(metric.metricName());
    if (id != null) {
      registry.removeByPreFilterId(id);
    }
  }

  @Override
  public void close() {
    exported.values().forEach(registry::removeByPreFilterId);
    exported.clear();
  }
}
