package io.rspar.kit.service;

import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.metric.KafkaClientMeters;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;

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

  /**
   * A properties file of Kafka's clients, as Kafka's own tools take it: the place for security, and
   * for secrets that are to be in no environment and on no command line.
   */
  Optional<Path> configFile();

  /** Further properties of Kafka's clients, in Kafka's names; they win over the file's. */
  Map<String, String> properties();

  /**
   * These values as the plain record that the event package takes; clients report their
   * measurements to {@link KafkaClientMeters} unless the properties name another reporter.
   */
  default KafkaSettings settings() {
    Map<String, String> all = new HashMap<>(configFile().map(KafkaConfig::read).orElse(Map.of()));
    all.putAll(properties());
    all.putIfAbsent(
        CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, KafkaClientMeters.class.getName());
    return new KafkaSettings(bootstrapServers(), replicationFactor(), maxPollInterval(), all);
  }

  private static Map<String, String> read(Path file) {
    Properties read = new Properties();
    try (Reader in = Files.newBufferedReader(file)) {
      read.load(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "rspar.kafka.config-file %s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
    Map<String, String> properties = new HashMap<>();
    read.stringPropertyNames().forEach(key -> properties.put(key, read.getProperty(key)));
    return properties;
  }
}
