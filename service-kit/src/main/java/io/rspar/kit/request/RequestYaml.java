package io.rspar.kit.request;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.rspar.events.ArtifactRef;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.SearchSettings;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * A request as a person would write it: what {@link RequestFile} reads back. Whatever has its
 * default value is left out, and so are id and output folder: they belong to one run.
 */
public final class RequestYaml {
  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
              .build());

  private static final Set<String> NORMALISATION = Set.of("scale", "mean", "std");
  private static final Set<String> AUGMENTATION = Set.of("cropPadding", "horizontalFlip");
  private static final Set<String> ROLES = Set.of("calibration", "train", "validation", "test");

  private final Map<String, String> origins;

  private RequestYaml(Map<String, String> origins) {
    this.origins = origins;
  }

  /**
   * @param origins where stored files came from: URI by SHA-256; a file without an origin is named
   *     by its own URI
   */
  public static String of(PruningRequest request, Map<String, String> origins) {
    try {
      return YAML.writeValueAsString(new RequestYaml(origins).request(request));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a request can always be written", e);
    }
  }

  private ObjectNode request(PruningRequest request) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("model", uri(request.getModel()));
    out.set("data", data(request.getData()));
    out.set("target", target(request.getTarget()));
    ObjectNode plain =
        section(request, Set.of("requestId", "submittedAt", "model", "data", "target", "output"));
    out.setAll(plain);
    if (RequestFile.usualCriterion(request.getMethod()) != request.getCriterion()) {
      out.set("criterion", written(request.getCriterion()));
    } else {
      out.remove("criterion");
    }
    out.remove("search");
    ObjectNode search = search(request.getSearch());
    if (!search.isEmpty()) {
      out.set("search", search);
    }
    return out;
  }

  private ObjectNode data(DataSpec data) {
    ObjectNode flat = section(data, ROLES);
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.setAll(without(flat, NORMALISATION, AUGMENTATION));
    setUnlessEmpty(out, "normalisation", flat.deepCopy().retain(NORMALISATION));
    setUnlessEmpty(out, "augmentation", flat.deepCopy().retain(AUGMENTATION));
    out.set("calibration", slice(data.getCalibration()));
    if (data.getTrain() != null) {
      out.set("train", slice(data.getTrain()));
    }
    out.set("validation", slice(data.getValidation()));
    out.set("test", slice(data.getTest()));
    return out;
  }

  private static ObjectNode without(ObjectNode section, Set<String> some, Set<String> others) {
    return section.deepCopy().remove(some).remove(others);
  }

  private static void setUnlessEmpty(ObjectNode out, String key, ObjectNode section) {
    if (!section.isEmpty()) {
      out.set(key, section);
    }
  }

  private JsonNode slice(DataSlice slice) {
    List<String> uris = slice.getFiles().stream().map(this::uri).toList();
    JsonNode files;
    if (uris.size() == 1) {
      files = JsonNodeFactory.instance.textNode(uris.get(0));
    } else {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      uris.forEach(array::add);
      files = array;
    }
    ObjectNode range = section(slice, Set.of("files"));
    if (range.isEmpty()) {
      return files;
    }
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.set("files", files);
    out.setAll(range);
    return out;
  }

  private ObjectNode search(SearchSettings search) {
    ObjectNode out = section(search, Set.of("reuse"));
    if (search.getReuse() != null) {
      out.put("reuse", uri(search.getReuse()));
    }
    return out;
  }

  private String uri(ArtifactRef file) {
    return file.getSha256() == null
        ? file.getUri()
        : origins.getOrDefault(file.getSha256(), file.getUri());
  }

  private static ObjectNode target(PruningTarget target) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    double value = target.getValue();
    if (target.getRelative()) {
      return out.put(camelCase(target.getMetric().name()), hundredfold(value) + "%");
    }
    return switch (target.getMetric()) {
      case LATENCY -> out.put("latency", plain(value) + " ms");
      case ENERGY -> out.put("energy", plain(value) + " mJ");
      case ACCURACY_LOSS -> out.put("accuracyLoss", hundredfold(value) + " points");
      case MACS, PARAMETERS -> out.put(camelCase(target.getMetric().name()), decimal(value));
    };
  }

  private static String camelCase(String constant) {
    String lower = constant.toLowerCase(Locale.ROOT);
    int gap = lower.indexOf('_');
    return gap < 0
        ? lower
        : lower.substring(0, gap)
            + lower.substring(gap + 1, gap + 2).toUpperCase(Locale.ROOT)
            + lower.substring(gap + 2);
  }

  private static String hundredfold(double share) {
    return BigDecimal.valueOf(share).movePointRight(2).stripTrailingZeros().toPlainString();
  }

  private static String plain(double value) {
    return decimal(value).toPlainString();
  }

  private static BigDecimal decimal(double value) {
    BigDecimal exact = BigDecimal.valueOf(value).stripTrailingZeros();
    return exact.scale() < 0 ? exact.setScale(0) : exact;
  }

  /** The fields of a record that differ from their defaults. */
  private static ObjectNode section(SpecificRecord record, Set<String> left) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    for (Schema.Field field : record.getSchema().getFields()) {
      Object value = record.get(field.pos());
      if (left.contains(field.name()) || value == null || isDefault(field, value)) {
        continue;
      }
      JsonNode written = written(value);
      if (!written.isObject() || !written.isEmpty()) {
        out.set(field.name(), written);
      }
    }
    return out;
  }

  private static boolean isDefault(Schema.Field field, Object value) {
    if (!field.hasDefaultValue()) {
      return false;
    }
    Object standard = SpecificData.get().getDefaultValue(field);
    return SpecificData.get().compare(value, standard, field.schema()) == 0;
  }

  private static JsonNode written(Object value) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    if (value instanceof SpecificRecord record) {
      return section(record, Set.of());
    }
    if (value instanceof Enum<?> constant) {
      return json.textNode(constant.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }
    if (value instanceof List<?> list) {
      return list.stream()
          .map(RequestYaml::written)
          .collect(Collectors.collectingAndThen(Collectors.toList(), RequestYaml::array));
    }
    if (value instanceof Float number) {
      // As it was written: 0.1, not the nearest double of the nearest float.
      return json.numberNode(new BigDecimal(number.toString()));
    }
    if (value instanceof Double number) {
      return json.numberNode(decimal(number));
    }
    if (value instanceof Integer number) {
      return json.numberNode(number);
    }
    if (value instanceof Long number) {
      return json.numberNode(number);
    }
    if (value instanceof Boolean truth) {
      return json.booleanNode(truth);
    }
    return json.textNode(value.toString());
  }

  private static ArrayNode array(List<JsonNode> items) {
    return JsonNodeFactory.instance.arrayNode().addAll(items);
  }
}
