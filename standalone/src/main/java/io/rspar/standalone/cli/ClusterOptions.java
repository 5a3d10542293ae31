package io.rspar.standalone.cli;

import io.rspar.kit.event.KafkaSettings;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import picocli.CommandLine.Option;

/** Where the cluster is and how to be let in. */
final class ClusterOptions {
  @Option(
      names = {"-b", "--bootstrap-servers"},
      paramLabel = "HOST:PORT",
      required = true,
      defaultValue = "${env:RSPAR_KAFKA_BOOTSTRAP_SERVERS}",
      description = "Brokers, comma-separated. Default: RSPAR_KAFKA_BOOTSTRAP_SERVERS.")
  private String bootstrapServers;

  @Option(
      names = "--client-properties",
      paramLabel = "FILE",
      description = "Further properties of Kafka's clients, such as those of TLS and SASL.")
  private Path clientProperties;

  String bootstrapServers() {
    return bootstrapServers;
  }

  KafkaSettings settings() throws CommandFailure {
    return new KafkaSettings(
        bootstrapServers, (short) -1, Duration.ofMinutes(45), furtherProperties());
  }

  /** The properties of the file; none without one. */
  Map<String, String> furtherProperties() throws CommandFailure {
    Map<String, String> further = new HashMap<>();
    if (clientProperties != null) {
      Properties properties = new Properties();
      try (Reader in = Files.newBufferedReader(clientProperties)) {
        properties.load(in);
      } catch (IOException | IllegalArgumentException e) {
        throw CommandFailure.usage(
            "%s cannot be read: %s".formatted(clientProperties, e.getMessage()),
            "name a readable properties file");
      }
      properties.stringPropertyNames().forEach(n -> further.put(n, properties.getProperty(n)));
    }
    return further;
  }
}
