package io.rspar.kit.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The JSON schema of a request file. */
public final class RequestSchema {
  private static final String RESOURCE = "request.schema.json";

  private final JsonNode document;
  private final Schema schema;

  public RequestSchema() {
    try (InputStream in = RequestSchema.class.getResourceAsStream(RESOURCE)) {
      this.document = new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + RESOURCE + " from the jar", e);
    }
    this.schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(document);
  }

  /** The schema itself. */
  public JsonNode document() {
    return document;
  }

  /**
   * Checks a request.
   *
   * @throws InvalidRequestException that tells of the first problem and how many more there are
   */
  public void check(JsonNode request) throws InvalidRequestException {
    List<Error> errors = schema.validate(request);
    if (errors.isEmpty()) {
      return;
    }
    // An unknown key explains other errors (a missing one, most often), so it comes first.
    Error first =
        errors.stream()
            .filter(e -> "additionalProperties".equals(e.getKeyword()))
            .findFirst()
            .orElse(errors.get(0));
    String others = errors.size() == 1 ? "" : " (and %d more)".formatted(errors.size() - 1);
    throw new InvalidRequestException(message(first) + others, remedy(first));
  }

  private static String place(Error error) {
    String pointer = error.getInstanceLocation().toString();
    String path = pointer.startsWith("/") ? pointer.substring(1) : pointer;
    return path.isEmpty() || path.equals("$") ? "the request" : path.replace('/', '.');
  }

  private static String message(Error error) {
    return "additionalProperties".equals(error.getKeyword())
        ? "%s has no key '%s'".formatted(place(error), error.getProperty())
        : "%s: %s".formatted(place(error), error.getMessage());
  }

  private String remedy(Error error) {
    if ("additionalProperties".equals(error.getKeyword())) {
      List<String> known = new ArrayList<>();
      propertiesAt(error).fieldNames().forEachRemaining(known::add);
      return Spelling.nearest(error.getProperty(), known)
          .map(name -> "did you mean '%s'?".formatted(name))
          .orElse("known keys are " + String.join(", ", known));
    }
    if ("required".equals(error.getKeyword())) {
      return descriptionOf(error.getProperty(), propertiesAt(error))
          .map(text -> "add '%s': %s".formatted(error.getProperty(), text))
          .orElse("add '%s'".formatted(error.getProperty()));
    }
    return nearestDescription(error);
  }

  /**
   * What the key is for: from the schema that was not met, or the alternative that it is part of.
   */
  private String nearestDescription(Error error) {
    String pointer = error.getSchemaLocation().getFragment().toString();
    while (!pointer.isEmpty()) {
      pointer = pointer.substring(0, pointer.lastIndexOf('/'));
      String description = document.at(pointer).path("description").textValue();
      if (description != null) {
        return description;
      }
    }
    return "see rspar run --help";
  }

  private static Optional<String> descriptionOf(String property, JsonNode properties) {
    return Optional.ofNullable(properties.path(property).path("description").textValue());
  }

  private JsonNode propertiesAt(Error error) {
    return subschemaOf(error).path("properties");
  }

  /** The schema object that holds the keyword which was not met. */
  private JsonNode subschemaOf(Error error) {
    String pointer = error.getSchemaLocation().getFragment().toString();
    return document.at(pointer.substring(0, pointer.lastIndexOf('/')));
  }
}
