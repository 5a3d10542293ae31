package io.rspar.kit.request;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.rspar.events.AllocationMethod;
import io.rspar.events.ArtifactRef;
import io.rspar.events.BaselineSettings;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.TargetMetric;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads a request file. Relative paths are relative to the file. Whether the files that it names
 * exist is for the services to find out: they may run elsewhere.
 */
public final class RequestFile {
  private static final int MAX_BYTES = 1 << 20;

  /** A URI scheme; one letter is a drive. */
  private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]+:.*");

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private final RequestSchema schema = new RequestSchema();
  private final ObjectMapper yaml =
      new ObjectMapper(
          YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());

  /**
   * Reads and checks a request.
   *
   * @param now when it is submitted; part of the request id where the file states none
   * @throws InvalidRequestException if it cannot be read or is no valid request
   */
  public PruningRequest read(Path file, Instant now) throws InvalidRequestException {
    return read(file, Map.of(), now);
  }

  /**
   * Reads and checks a request of which some keys are replaced.
   *
   * @param replaced values in YAML by dotted key, such as {@code search.rounds: 4}
   */
  public PruningRequest read(Path file, Map<String, String> replaced, Instant now)
      throws InvalidRequestException {
    Path folder = file.toAbsolutePath().normalize().getParent();
    JsonNode request = parse(file, replaced);
    try {
      return convert(request, folder, now);
    } catch (IllegalArgumentException e) {
      // Paths and URIs that are none; the message holds the value.
      throw new InvalidRequestException(
          "%s: %s".formatted(file, e.getMessage()),
          "correct that path or URI; a space in a URI is %20");
    }
  }

  /**
   * Reads and checks a request that was sent as text.
   *
   * @param yaml the request
   * @param name what messages call it
   * @param folder what relative paths are relative to
   * @param now when it is submitted; part of the request id where the text states none
   * @throws InvalidRequestException if it is no valid request
   */
  public PruningRequest read(String yaml, String name, Path folder, Instant now)
      throws InvalidRequestException {
    return convert(parse(yaml, name, Map.of()), folder.toAbsolutePath().normalize(), now);
  }

  private JsonNode parse(Path file, Map<String, String> replaced) throws InvalidRequestException {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new InvalidRequestException(
            file + " is larger than 1 MiB", "name a request, not a model or data");
      }
      return parse(Files.readString(file), file.toString(), replaced);
    } catch (NoSuchFileException e) {
      throw new InvalidRequestException(file + " does not exist", "correct the path");
    } catch (IOException e) {
      throw new InvalidRequestException(
          "%s cannot be read: %s".formatted(file, e.getMessage()), "name a readable YAML file");
    }
  }

  private JsonNode parse(String text, String name, Map<String, String> replaced)
      throws InvalidRequestException {
    try {
      JsonNode request = yaml.readTree(text);
      if (!request.isObject()) {
        throw new InvalidRequestException(
            name + " is no request: it has no keys", "begin with 'model:', 'data:' and 'target:'");
      }
      for (Map.Entry<String, String> entry : replaced.entrySet()) {
        replace((ObjectNode) request, entry.getKey(), entry.getValue());
      }
      schema.check(request);
      return request;
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null ? "" : ", line " + Math.max(1, e.getLocation().getLineNr());
      throw new InvalidRequestException(
          "%s%s is no valid YAML: %s".formatted(name, where, firstLine(e.getOriginalMessage())),
          "correct the line");
    }
  }

  private void replace(ObjectNode request, String key, String value)
      throws InvalidRequestException {
    String[] steps = key.split("\\.");
    ObjectNode section = request;
    for (String step : Arrays.copyOf(steps, steps.length - 1)) {
      JsonNode inner = section.path(step);
      section = inner.isObject() ? (ObjectNode) inner : section.putObject(step);
    }
    try {
      section.set(steps[steps.length - 1], yaml.readTree(value));
    } catch (JsonProcessingException e) {
      throw new InvalidRequestException(
          "%s=%s is no valid YAML: %s".formatted(key, value, firstLine(e.getOriginalMessage())),
          "quote the value as YAML needs it");
    }
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }

  private PruningRequest convert(JsonNode request, Path folder, Instant now)
      throws InvalidRequestException {
    String model = request.get("model").textValue();
    RecoverySettings recovery = EventRecords.of(RecoverySettings.class, request.path("recovery"));
    JsonNode data = request.get("data");
    if (recovery.getEpochs() > 0 && !data.has("train")) {
      throw new InvalidRequestException(
          "recovery.epochs is %s but data.train is missing".formatted(recovery.getEpochs()),
          "name the training data, or set recovery.epochs to 0");
    }
    PruningRequest.Builder builder =
        PruningRequest.newBuilder()
            .setRequestId(request.path("id").asText(idOf(model, now)))
            .setSubmittedAt(Instant.ofEpochMilli(now.toEpochMilli()))
            .setModel(artifact(model, folder))
            .setData(data(data, folder))
            .setTarget(target(request.get("target")))
            .setConstraints(EventRecords.of(CutConstraints.class, request.path("constraints")))
            .setCalibration(EventRecords.of(CalibrationSettings.class, request.path("calibration")))
            .setSearch(search(request.path("search"), folder))
            .setBaseline(EventRecords.of(BaselineSettings.class, request.path("baseline")))
            .setRecovery(recovery)
            .setMeasurement(
                EventRecords.of(MeasurementSettings.class, request.path("measurement")));
    if (request.has("method")) {
      AllocationMethod method =
          EventRecords.constant(AllocationMethod.class, request.get("method").textValue());
      requireTrainingData(method, data);
      builder.setMethod(method).setCriterion(usualCriterion(method));
    }
    if (request.has("criterion")) {
      builder.setCriterion(
          EventRecords.constant(Criterion.class, request.get("criterion").textValue()));
    }
    if (request.has("output")) {
      builder.setOutput(uri(request.get("output").textValue(), folder));
    }
    if (request.has("seed")) {
      builder.setSeed(request.get("seed").longValue());
    }
    if (request.has("priority")) {
      builder.setPriority(request.get("priority").intValue());
    }
    return builder.build();
  }

  private static void requireTrainingData(AllocationMethod method, JsonNode data)
      throws InvalidRequestException {
    boolean trains =
        switch (method) {
          case JTP, BI_LEVEL, STRUCT_ALIGN -> true;
          default -> false;
        };
    if (trains && !data.has("train")) {
      throw new InvalidRequestException(
          "method %s trains before the cut, but data.train is missing"
              .formatted(method.name().toLowerCase(Locale.ROOT).replace('_', '-')),
          "name the training data, or choose another method");
    }
  }

  /** The criterion where none is written: published methods are defined with a norm of weights. */
  static Criterion usualCriterion(AllocationMethod method) {
    return switch (method) {
      case DEPGRAPH, JTP, BI_LEVEL, STRUCT_ALIGN, UDFC -> Criterion.L2;
      default -> Criterion.H_OBS;
    };
  }

  private static String idOf(String model, Instant now) {
    String name = Path.of(model).getFileName().toString().replaceFirst("\\.onnx$", "");
    String plain = name.replaceAll("[^A-Za-z0-9_-]", "-");
    return plain.substring(0, Math.min(40, plain.length())) + "-" + STAMP.format(now);
  }

  private static DataSpec data(JsonNode data, Path folder) {
    ObjectNode flat = JsonNodeFactory.instance.objectNode();
    data.fields()
        .forEachRemaining(
            entry -> {
              switch (entry.getKey()) {
                case "normalisation", "augmentation" ->
                    entry
                        .getValue()
                        .fields()
                        .forEachRemaining(f -> flat.set(f.getKey(), f.getValue()));
                case "calibration", "train", "validation", "test" -> {}
                default -> flat.set(entry.getKey(), entry.getValue());
              }
            });
    DataSpec settings = EventRecords.of(DataSpec.class, flat);
    return DataSpec.newBuilder(settings)
        .setCalibration(slice(data.get("calibration"), folder))
        .setTrain(data.has("train") ? slice(data.get("train"), folder) : null)
        .setValidation(slice(data.get("validation"), folder))
        .setTest(slice(data.get("test"), folder))
        .build();
  }

  private static DataSlice slice(JsonNode slice, Path folder) {
    JsonNode files = slice.isObject() ? slice.get("files") : slice;
    List<ArtifactRef> references = new ArrayList<>();
    if (files.isTextual()) {
      references.add(artifact(files.textValue(), folder));
    } else {
      files.forEach(file -> references.add(artifact(file.textValue(), folder)));
    }
    DataSlice.Builder builder = DataSlice.newBuilder().setFiles(references);
    if (slice.has("offset")) {
      builder.setOffset(slice.get("offset").intValue());
    }
    if (slice.has("limit")) {
      builder.setLimit(slice.get("limit").intValue());
    }
    return builder.build();
  }

  /**
   * {@code macs: 50%}, {@code parameters: 120000}, {@code latency: 4ms}, {@code accuracyLoss: 1
   * point}.
   */
  private static PruningTarget target(JsonNode target) throws InvalidRequestException {
    String metric = target.fieldNames().next();
    JsonNode written = target.get(metric);
    TargetMetric limited =
        metric.equals("accuracyLoss")
            ? TargetMetric.ACCURACY_LOSS
            : EventRecords.constant(TargetMetric.class, metric);
    if (written.isNumber()) {
      return new PruningTarget(limited, false, written.doubleValue());
    }
    String text = written.textValue().strip().toLowerCase(Locale.ROOT);
    boolean relative = text.endsWith("%");
    double number = Double.parseDouble(text.replaceFirst("\\s*(%|ms|mj|points?)$", ""));
    if (limited == TargetMetric.ACCURACY_LOSS) {
      return new PruningTarget(limited, false, number / 100);
    }
    if (relative && !(number > 0 && number < 100)) {
      throw new InvalidRequestException(
          "target.%s is %s".formatted(metric, written.textValue()),
          "ask for more than 0% and less than 100% of the original model");
    }
    return new PruningTarget(limited, relative, relative ? number / 100 : number);
  }

  private static SearchSettings search(JsonNode search, Path folder) {
    ObjectNode plain = JsonNodeFactory.instance.objectNode();
    search
        .fields()
        .forEachRemaining(
            entry -> {
              if (!entry.getKey().equals("reuse")) {
                plain.set(entry.getKey(), entry.getValue());
              }
            });
    SearchSettings settings = EventRecords.of(SearchSettings.class, plain);
    return search.has("reuse")
        ? SearchSettings.newBuilder(settings)
            .setReuse(artifact(search.get("reuse").textValue(), folder))
            .build()
        : settings;
  }

  private static ArtifactRef artifact(String written, Path folder) {
    return ArtifactRef.newBuilder().setUri(uri(written, folder)).build();
  }

  private static String uri(String written, Path folder) {
    return SCHEME.matcher(written).matches()
        ? URI.create(written).toString()
        : folder.resolve(written).normalize().toUri().toString();
  }
}
