package io.rspar.kit.event;

import java.time.Duration;
import java.util.Map;

/**
 * How to reach and use the brokers.
 *
 * @param bootstrapServers host:port pairs, comma-separated
 * @param replicationFactor copies of each topic that is created; −1 leaves it to the broker's
 *     default
 * @param maxPollInterval how long a member may hold up a rebalance for its job to end before the
 *     group goes on without it
 * @param properties further client properties, such as those of security; they win
 */
public record KafkaSettings(
    String bootstrapServers,
    short replicationFactor,
    Duration maxPollInterval,
    Map<String, String> properties) {
  public KafkaSettings {
    properties = Map.copyOf(properties);
    if (maxPollInterval.isNegative() || maxPollInterval.isZero()) {
      throw new IllegalArgumentException("maxPollInterval must be positive: " + maxPollInterval);
    }
  }

  /** Without the properties' values: there are secrets among them. */
  @Override
  public String toString() {
    return "KafkaSettings[bootstrapServers=%s, replicationFactor=%d, maxPollInterval=%s, properties=%s]"
        .formatted(bootstrapServers, replicationFactor, maxPollInterval, properties.keySet());
  }

  /** Settings for one broker on this machine, everything else by default. */
  public static KafkaSettings local(String bootstrapServers) {
    return new KafkaSettings(bootstrapServers, (short) 1, Duration.ofMinutes(45), Map.of());
  }
}
