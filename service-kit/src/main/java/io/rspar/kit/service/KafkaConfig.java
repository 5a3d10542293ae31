package io.rspar.kit.service;

import io.rspar.kit.event.KafkaSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Map;

/** How to reach and use the brokers. */
@ConfigMapping(prefix = "rspar.kafka")
public interface KafkaConfig {

  /** Brokers as host:port, comma-separated. */
  @WithDefault("localhost:9092")
  String bootstrapServers();

  /** Copies of each topic that a service creates; −1 leaves it to the broker's default. */
  @WithDefault("-1")
  short replicationFactor();

  /** How long a rebalance may wait for a running job. */
  @WithDefault("PT45M")
  Duration maxPollInterval();

  /** Further properties of Kafka's clients, in Kafka's names: security, time-outs. */
  Map<String, String> properties();

  /** These values as the plain record that the event package takes. */
  default KafkaSettings settings() {
    return new KafkaSettings(
        bootstrapServers(), replicationFactor(), maxPollInterval(), properties());
  }
}
