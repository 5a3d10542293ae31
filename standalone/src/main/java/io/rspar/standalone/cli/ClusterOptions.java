package io.rspar.standalone.cli;

import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.standalone.client.RequestClient;
import io.rspar.standalone.supervisor.ServiceProcess;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import picocli.CommandLine.Option;

/** Where the cluster is, how to be let in, and how its events are encoded. */
final class ClusterOptions {
  /** What the properties of Apicurio's serdes begin with, among those of Kafka's clients. */
  private static final String OF_REGISTRY = "apicurio.";

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
      description =
          "Further properties of Kafka's clients, such as those of TLS and SASL, and of Apicurio's"
              + " serdes (apicurio.…).")
  private Path clientProperties;

  @Option(
      names = "--schema-registry",
      paramLabel = "URL",
      defaultValue = "${env:RSPAR_SCHEMA_REGISTRY}",
      description =
          "Apicurio Registry with the events' schemas, where the services use one. Default:"
              + " RSPAR_SCHEMA_REGISTRY, or none.")
  private String registry;

  String bootstrapServers() {
    return bootstrapServers;
  }

  KafkaSettings settings() throws CommandFailure {
    return settings(furtherProperties());
  }

  private KafkaSettings settings(Map<String, String> further) {
    return new KafkaSettings(
        bootstrapServers, (short) -1, Duration.ofMinutes(45), part(further, false));
  }

  /** Connects to the cluster as it is. */
  RequestClient connect() throws CommandFailure {
    Map<String, String> further = furtherProperties();
    Map<String, String> ofRegistry = part(further, true);
    return new RequestClient(
        settings(further),
        ofRegistry.isEmpty() ? EventCodec.singleObject() : EventCodec.apicurio(ofRegistry));
  }

  /** What services have to be told beside the brokers, in the names of their configuration. */
  Map<String, String> serviceConfiguration() throws CommandFailure {
    Map<String, String> further = furtherProperties();
    Map<String, String> configuration = new HashMap<>();
    part(further, false)
        .forEach((name, value) -> configuration.put(ServiceProcess.clientProperty(name), value));
    Map<String, String> ofRegistry = part(further, true);
    if (!ofRegistry.isEmpty()) {
      configuration.put("rspar.events.encoding", "apicurio");
      ofRegistry.forEach(
          (name, value) ->
              configuration.put("rspar.events.registry.\"%s\"".formatted(name), value));
    }
    return configuration;
  }

  /** Those of Apicurio's serdes, or those of Kafka's clients. */
  private static Map<String, String> part(Map<String, String> further, boolean ofRegistry) {
    Map<String, String> part = new HashMap<>(further);
    part.keySet().removeIf(name -> name.startsWith(OF_REGISTRY) != ofRegistry);
    return part;
  }

  /** The properties of the file, and where the registry is. */
  private Map<String, String> furtherProperties() throws CommandFailure {
    Properties properties = new Properties();
    if (clientProperties != null) {
      try (Reader in = Files.newBufferedReader(clientProperties)) {
        properties.load(in);
      } catch (IOException | IllegalArgumentException e) {
        throw CommandFailure.usage(
            "%s cannot be read: %s".formatted(clientProperties, e.getMessage()),
            "name a readable properties file");
      }
    }
    if (registry != null) {
      properties.setProperty(EventCodec.REGISTRY_URL, registry);
    }
    Map<String, String> further = new HashMap<>();
    properties.stringPropertyNames().forEach(n -> further.put(n, properties.getProperty(n)));
    if (!part(further, true).isEmpty() && !further.containsKey(EventCodec.REGISTRY_URL)) {
      throw CommandFailure.usage(
          "%s has properties of a schema registry, but not where it is".formatted(clientProperties),
          "name it with --schema-registry, or as " + EventCodec.REGISTRY_URL);
    }
    return further;
  }
}
