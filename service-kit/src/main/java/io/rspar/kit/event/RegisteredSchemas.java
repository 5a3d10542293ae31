package io.rspar.kit.event;

import com.microsoft.kiota.ApiException;
import io.apicurio.registry.resolver.DefaultSchemaResolver;
import io.apicurio.registry.resolver.SchemaLookupResult;
import io.apicurio.registry.resolver.data.Record;
import io.apicurio.registry.resolver.strategy.ArtifactReference;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;

/**
 * Schemas as Apicurio's serdes look them up, where what a registry answers about a schema is told
 * apart from a registry that answers nothing.
 */
final class RegisteredSchemas extends DefaultSchemaResolver<Schema, SpecificRecord> {
  /** HTTP: malformed, not known, incompatible with what is known, breaking a rule. */
  private static final Set<Integer> ANSWERS = Set.of(400, 404, 409, 422);

  @Override
  public SchemaLookupResult<Schema> resolveSchema(Record<SpecificRecord> event) {
    return answered(() -> super.resolveSchema(event));
  }

  @Override
  public SchemaLookupResult<Schema> resolveSchemaByArtifactReference(ArtifactReference reference) {
    if (reference == null) {
      throw new SerializationException("it does not begin with the id of a schema");
    }
    return answered(() -> super.resolveSchemaByArtifactReference(reference));
  }

  private static SchemaLookupResult<Schema> answered(Supplier<SchemaLookupResult<Schema>> lookup) {
    try {
      return lookup.get();
    } catch (RuntimeException e) {
      throw Stream.<Throwable>iterate(e, Objects::nonNull, Throwable::getCause)
              .anyMatch(RegisteredSchemas::isAnswer)
          ? e
          : new RegistryUnavailableException(e);
    }
  }

  private static boolean isAnswer(Throwable thrown) {
    return thrown instanceof ApiException answer && ANSWERS.contains(answer.getResponseStatusCode())
        || thrown instanceof AvroRuntimeException; // what it holds is no schema
  }
}
