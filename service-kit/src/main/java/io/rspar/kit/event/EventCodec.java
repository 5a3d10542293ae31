package io.rspar.kit.event;

import io.apicurio.registry.resolver.config.SchemaResolverConfig;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import io.apicurio.registry.serde.avro.AvroSerdeConfig;
import io.apicurio.registry.serde.avro.strategy.QualifiedRecordIdStrategy;
import io.rspar.events.serde.EventDeserializer;
import io.rspar.events.serde.EventSerializer;
import io.rspar.events.serde.UnreadableEventException;
import io.rspar.events.topic.Topic;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** Events to bytes and back, in the configured encoding. */
public final class EventCodec implements AutoCloseable {
  /** Apicurio's name for where the registry is. */
  public static final String REGISTRY_URL = SchemaResolverConfig.REGISTRY_URL;

  private final Serializer<SpecificRecord> serializer;
  private final Deserializer<SpecificRecord> deserializer;

  private EventCodec(
      Serializer<SpecificRecord> serializer, Deserializer<SpecificRecord> deserializer) {
    this.serializer = serializer;
    this.deserializer = deserializer;
  }

  /** Avro single-object encoding. */
  public static EventCodec singleObject() {
    return new EventCodec(new EventSerializer(), new EventDeserializer());
  }

  /**
   * Schemas in an Apicurio Registry, one artifact per record type, since a topic carries several.
   *
   * @param properties of Apicurio's serdes, such as {@code apicurio.registry.url}; they win over
   *     the ones set here
   */
  public static EventCodec apicurio(Map<String, String> properties) {
    if (!properties.containsKey(REGISTRY_URL)) {
      throw new IllegalArgumentException(
          "rspar.events.encoding is apicurio but rspar.events.registry.\"%s\" is not set"
              .formatted(REGISTRY_URL));
    }
    Map<String, Object> configuration = new HashMap<>();
    configuration.put(SchemaResolverConfig.AUTO_REGISTER_ARTIFACT, true);
    configuration.put(
        SchemaResolverConfig.ARTIFACT_RESOLVER_STRATEGY, QualifiedRecordIdStrategy.class.getName());
    // Whole schemas, for readers that do not resolve references.
    configuration.put(SchemaResolverConfig.DEREFERENCE_SCHEMA, true);
    configuration.put(AvroSerdeConfig.USE_SPECIFIC_AVRO_READER, true);
    configuration.putAll(properties);
    AvroKafkaSerializer<SpecificRecord> serializer =
        new AvroKafkaSerializer<>(new RegisteredSchemas());
    serializer.configure(configuration, false);
    AvroKafkaDeserializer<SpecificRecord> deserializer =
        new AvroKafkaDeserializer<>(new RegisteredSchemas());
    deserializer.configure(configuration, false);
    return new EventCodec(serializer, deserializer);
  }

  /** The codec of an encoding; the properties matter to a registry only. */
  public static EventCodec of(EventEncoding encoding, Map<String, String> registryProperties) {
    return switch (encoding) {
      case SINGLE_OBJECT -> singleObject();
      case APICURIO -> apicurio(registryProperties);
    };
  }

  /**
   * @throws SerializationException if the event is invalid or too large
   * @throws RegistryUnavailableException if a registry is needed and gives no answer
   */
  public byte[] encode(Topic topic, Headers headers, SpecificRecord event) {
    return serializer.serialize(topic.topicName(), headers, event);
  }

  /**
   * @throws UnreadableEventException if the bytes are no event of this topic
   * @throws RegistryUnavailableException if a registry is needed and gives no answer
   */
  public SpecificRecord decode(String topicName, Headers headers, byte[] value) {
    if (value == null) {
      throw new UnreadableEventException("the record has no value");
    }
    Object event;
    try {
      event = deserializer.deserialize(topicName, headers, value);
    } catch (UnreadableEventException | RegistryUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new UnreadableEventException("the record cannot be decoded: " + e.getMessage(), e);
    }
    if (!(event instanceof SpecificRecord specific)) {
      throw new UnreadableEventException("the record is no event of this version");
    }
    if (Topic.named(topicName)
        .filter(t -> !t.eventTypes().contains(event.getClass()))
        .isPresent()) {
      throw new UnreadableEventException(
          event.getClass().getSimpleName() + " does not belong into " + topicName);
    }
    return specific;
  }

  @Override
  public void close() {
    serializer.close();
    deserializer.close();
  }
}
