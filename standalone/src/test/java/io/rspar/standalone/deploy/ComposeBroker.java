package io.rspar.standalone.deploy;

import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.standalone.client.RequestClient;
import java.util.Map;
import java.util.Optional;

/**
 * Kafka of docker-compose.yml, {@code -Drspar.compose.kafka}; with {@code -Drspar.compose.registry}
 * its events have their schemas there, as deploy/events-in-registry.yml says.
 */
public final class ComposeBroker {
  private ComposeBroker() {}

  private static KafkaSettings settings() {
    return KafkaSettings.local(System.getProperty("rspar.compose.kafka"));
  }

  public static KafkaClients clients() {
    return new KafkaClients(settings());
  }

  public static EventCodec codec() {
    return Optional.ofNullable(System.getProperty("rspar.compose.registry"))
        .map(url -> EventCodec.apicurio(Map.of("apicurio.registry.url", url)))
        .orElseGet(EventCodec::singleObject);
  }

  public static RequestClient connect() {
    return new RequestClient(settings(), codec());
  }
}
