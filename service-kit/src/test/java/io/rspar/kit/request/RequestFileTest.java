package io.rspar.kit.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rspar.events.AllocationMethod;
import io.rspar.events.Criterion;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSpec;
import io.rspar.events.GroupCap;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.Spread;
import io.rspar.events.TargetMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestFileTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  private static final String MINIMAL =
      """
      model: models/resnet 20.onnx
      data:
        format: npz
        calibration: calibration.npz
        validation: validation.npz
        test: test.npz
      target: {macs: 50%}
      """;

  @TempDir Path folder;

  @Test
  void keysAreReplaced() throws Exception {
    Path file = Files.writeString(folder.resolve("replaced.yaml"), MINIMAL);
    PruningRequest request =
        new RequestFile()
            .read(
                file,
                Map.of(
                    "id", "night-1",
                    "search.rounds", "3",
                    "target", "{parameters: 1000}",
                    "priority", "7"),
                NOW);
    assertThat(request.getRequestId()).isEqualTo("night-1");
    assertThat(request.getSearch().getRounds()).isEqualTo(3);
    assertThat(request.getTarget())
        .isEqualTo(new PruningTarget(TargetMetric.PARAMETERS, false, 1000.0));
    assertThat(request.getPriority()).isEqualTo(7);
    InvalidRequestException wrong =
        catchThrowableOfType(
            InvalidRequestException.class,
            () -> new RequestFile().read(file, Map.of("search.runds", "3"), NOW));
    assertThat(wrong).hasMessageContaining("search has no key 'runds'");
  }

  @Test
  void aMinimalRequestTakesEveryDefault() throws Exception {
    PruningRequest request = read(MINIMAL);
    assertThat(request.getRequestId()).isEqualTo("resnet-20-20260102-030405");
    assertThat(request.getSubmittedAt()).isEqualTo(NOW);
    assertThat(request.getModel().getUri())
        .isEqualTo(folder.resolve("models/resnet 20.onnx").toUri().toString());
    assertThat(request.getModel().getSha256()).isNull();
    assertThat(request.getData().getFormat()).isEqualTo(DataFormat.NPZ);
    assertThat(request.getData().getTrain()).isNull();
    assertThat(request.getTarget()).isEqualTo(new PruningTarget(TargetMetric.MACS, true, 0.5));
    assertThat(request.getOutput()).isNull();
    assertThat(request.getSeed()).isZero();
  }

  @Test
  void everySectionReachesTheEvent() throws Exception {
    PruningRequest request =
        read(
            """
            id: my-request_1
            model: /abs/m.onnx
            data:
              format: image-folder
              layout: chw
              exampleShape: [3, 32, 32]
              normalisation: {scale: 1, mean: [0.1, 0.2, 0.3], std: [1, 2, 3]}
              augmentation: {cropPadding: 4, horizontalFlip: true}
              calibration: file:///else/where.zip
              train: [a.bin, b.bin]
              validation: {files: [c.bin], offset: 10, limit: 20}
              test: {files: d.bin}
            target: {parameters: 120000}
            method: r-spar
            criterion: kfac-obd
            search: {rounds: 3, reuse: earlier/search-log.json, policy: {learningRate: 0.001}}
            constraints: {channelMultiple: 4, exclude: ["conv1", "layer3.*"], caps: [{group: attention, maxRatio: 0.25}]}
            calibration: {samples: 10, fisher: empirical}
            baseline: {spread: uniform, iterations: 3, steps: 20, costWeight: 1.5}
            recovery: {epochs: 1.5, recalibrateBatchNorm: false}
            measurement: {deviceClass: edge-a, timeLimitSeconds: 2.5}
            output: results
            seed: 9007199254740993
            """);
    assertThat(request.getRequestId()).isEqualTo("my-request_1");
    assertThat(request.getModel().getUri()).isEqualTo("file:///abs/m.onnx");
    DataSpec data = request.getData();
    assertThat(data.getExampleShape()).containsExactly(3, 32, 32);
    assertThat(data.getScale()).isEqualTo(1f);
    assertThat(data.getMean()).containsExactly(0.1f, 0.2f, 0.3f);
    assertThat(data.getStd()).containsExactly(1f, 2f, 3f);
    assertThat(data.getCropPadding()).isEqualTo(4);
    assertThat(data.getHorizontalFlip()).isTrue();
    assertThat(data.getCalibration().getFiles().get(0).getUri())
        .isEqualTo("file:///else/where.zip");
    assertThat(data.getTrain().getFiles()).hasSize(2);
    assertThat(data.getValidation().getOffset()).isEqualTo(10);
    assertThat(data.getValidation().getLimit()).isEqualTo(20);
    assertThat(data.getTest().getLimit()).isNull();
    assertThat(request.getTarget())
        .isEqualTo(new PruningTarget(TargetMetric.PARAMETERS, false, 120_000.0));
    assertThat(request.getCriterion()).isEqualTo(Criterion.KFAC_OBD);
    assertThat(request.getMethod()).isEqualTo(AllocationMethod.R_SPAR);
    assertThat(request.getSearch().getRounds()).isEqualTo(3);
    assertThat(request.getSearch().getCandidatesPerRound()).isNull();
    assertThat(request.getSearch().getReuse().getUri())
        .isEqualTo(folder.resolve("earlier/search-log.json").toUri().toString());
    assertThat(request.getSearch().getPolicy().getLearningRate()).isEqualTo(0.001);
    assertThat(request.getSearch().getPolicy().getHiddenUnits()).isEqualTo(64);
    assertThat(request.getConstraints().getExclude()).containsExactly("conv1", "layer3.*");
    assertThat(request.getBaseline().getSpread()).isEqualTo(Spread.UNIFORM);
    assertThat(request.getBaseline().getIterations()).isEqualTo(3);
    assertThat(request.getBaseline().getSteps()).isEqualTo(20);
    assertThat(request.getBaseline().getCostWeight()).isEqualTo(1.5);
    assertThat(request.getBaseline().getMaskLearningRate()).isNull();
    assertThat(request.getConstraints().getCaps()).containsExactly(new GroupCap("attention", 0.25));
    assertThat(request.getRecovery().getEpochs()).isEqualTo(1.5);
    assertThat(request.getRecovery().getRecalibrateBatchNorm()).isFalse();
    assertThat(request.getMeasurement().getDeviceClass()).isEqualTo("edge-a");
    assertThat(request.getOutput()).isEqualTo(folder.resolve("results").toUri().toString());
    assertThat(request.getSeed()).isEqualTo(9007199254740993L);
  }

  @ParameterizedTest
  @CsvSource({
    "macs: 50%, MACS, true, 0.5",
    "macs: 20000000, MACS, false, 2.0e7",
    "parameters: '33.5 %', PARAMETERS, true, 0.335",
    "latency: 60%, LATENCY, true, 0.6",
    "latency: 4ms, LATENCY, false, 4",
    "latency: 0.25 ms, LATENCY, false, 0.25",
    "energy: 60%, ENERGY, true, 0.6",
    "energy: 3.5 mJ, ENERGY, false, 3.5",
    "accuracyLoss: 1 point, ACCURACY_LOSS, false, 0.01",
    "accuracyLoss: 2.5 points, ACCURACY_LOSS, false, 0.025"
  })
  void targets(String written, TargetMetric metric, boolean relative, double value)
      throws Exception {
    PruningTarget target = read(MINIMAL.replace("macs: 50%", written)).getTarget();
    assertThat(target.getMetric()).isEqualTo(metric);
    assertThat(target.getRelative()).isEqualTo(relative);
    assertThat(target.getValue()).isCloseTo(value, org.assertj.core.data.Offset.offset(1e-12));
  }

  /**
   * The schema's defaults are documentation; what the code does with nothing written is the truth.
   */
  @TestFactory
  Stream<DynamicTest> writingADefaultChangesNothing() throws Exception {
    List<DynamicTest> tests = new ArrayList<>();
    collectDefaults(new RequestSchema().document(), "", tests);
    assertThat(tests).hasSizeGreaterThan(35);
    return tests.stream();
  }

  private void collectDefaults(JsonNode schema, String path, List<DynamicTest> tests) {
    schema
        .path("properties")
        .fields()
        .forEachRemaining(
            property -> {
              String place = path + "/" + property.getKey();
              JsonNode value = property.getValue().path("default");
              if (!value.isMissingNode()) {
                tests.add(
                    DynamicTest.dynamicTest(
                        place + " = " + value,
                        () -> assertThat(readWith(place, value)).isEqualTo(read(MINIMAL))));
              }
              collectDefaults(property.getValue(), place, tests);
            });
  }

  private PruningRequest readWith(String place, JsonNode value) throws Exception {
    ObjectMapper yaml = new ObjectMapper(new com.fasterxml.jackson.dataformat.yaml.YAMLFactory());
    ObjectNode request = (ObjectNode) yaml.readTree(MINIMAL);
    String[] keys = place.substring(1).split("/", -1);
    ObjectNode section = request;
    for (int i = 0; i < keys.length - 1; i++) {
      section =
          section.has(keys[i]) ? (ObjectNode) section.get(keys[i]) : section.putObject(keys[i]);
    }
    section.set(keys[keys.length - 1], value);
    return read(yaml.writeValueAsString(request));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model: | modell: | the request has no key 'modell' | did you mean 'model'?",
        "format: npz | format: pickle | data.format | ",
        "{macs: 50%} | {macs: half} | target.macs | share of the original",
        "{macs: 50%} | {macs: 100%} | target.macs is 100% | less than 100%",
        "{macs: 50%} | {flops: 50%} | target has no key 'flops' | known keys are macs, parameters",
        "{macs: 50%} | {macs: 50%, latency: 4ms} | target | exactly one",
        "{macs: 50%} | {latency: 4} | target.latency | with its unit",
        "test: test.npz | tset: test.npz | data has no key 'tset' | did you mean 'test'?",
        "target: | model: x | line 7 | correct the line",
        "format: npz | format: [npz | is no valid YAML | correct the line",
      })
  void aMistakeIsNamedWithItsRemedy(String right, String wrong, String message, String remedy) {
    InvalidRequestException thrown = refuse(MINIMAL.replace(right, wrong));
    assertThat(thrown).hasMessageContaining(message);
    if (remedy != null) {
      assertThat(thrown.remedy()).contains(remedy);
    }
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    assertThat(refuse(MINIMAL + "calibration: {samples: 0}\n"))
        .hasMessageContaining("calibration.samples");
    assertThat(refuse(MINIMAL + "constraints: {maxRatio: 1.5}\n"))
        .hasMessageContaining("constraints.maxRatio");
    assertThat(refuse(MINIMAL + "id: ../../escape\n")).hasMessageContaining("id");
    assertThat(refuse(MINIMAL + "id: .hidden\n")).hasMessageContaining("id");
  }

  @Test
  void fineTuningNeedsTrainingData() {
    assertThat(refuse(MINIMAL + "recovery: {epochs: 1}\n"))
        .hasMessage("recovery.epochs is 1.0 but data.train is missing");
  }

  @ParameterizedTest
  @CsvSource({"jtp", "bi-level", "struct-align"})
  void methodsThatTrainNeedTrainingData(String method) {
    assertThat(refuse(MINIMAL + "method: " + method + "\n"))
        .hasMessage("method " + method + " trains before the cut, but data.train is missing");
  }

  @Test
  void publishedMethodsTakeANormWhereNoCriterionIsWritten() throws Exception {
    assertThat(read(MINIMAL + "method: udfc\n").getCriterion()).isEqualTo(Criterion.L2);
    assertThat(read(MINIMAL + "method: r-spar\n").getCriterion()).isEqualTo(Criterion.H_OBS);
    assertThat(read(MINIMAL + "method: depgraph\ncriterion: taylor\n").getCriterion())
        .isEqualTo(Criterion.TAYLOR);
  }

  @Test
  void aFileThatIsNoRequestIsRefused() throws IOException {
    assertThat(refuse("just text")).hasMessageContaining("has no keys");
    assertThat(refuse("")).hasMessageContaining("has no keys");
    assertThat(refuse("x: " + "y".repeat(2 << 20))).hasMessageContaining("1 MiB");
    InvalidRequestException missing =
        catchThrowableOfType(
            InvalidRequestException.class,
            () -> new RequestFile().read(folder.resolve("none.yaml"), NOW));
    assertThat(missing).hasMessageContaining("none.yaml does not exist");
  }

  @Test
  void everyKeyOfTheSchemaIsDescribedAndEveryNumberHasAUnit() {
    List<String> problems = new ArrayList<>();
    describe(new RequestSchema().document(), "", problems);
    assertThat(problems).isEmpty();
  }

  private static void describe(JsonNode schema, String path, List<String> problems) {
    schema
        .path("properties")
        .fields()
        .forEachRemaining(
            property -> {
              String place = path + "/" + property.getKey();
              String text = property.getValue().path("description").asText();
              String type = property.getValue().path("type").asText();
              if (text.isBlank()) {
                problems.add(place + " has no description");
              }
              if (List.of("integer", "number").contains(type)
                  && !text.matches("(?s).*(\\(|fraction|[Ss]eed|[Pp]robability).*")) {
                problems.add(place + " has no unit: " + text);
              }
              describe(property.getValue(), place, problems);
            });
  }

  private PruningRequest read(String text) throws InvalidRequestException, IOException {
    return new RequestFile().read(Files.writeString(folder.resolve("request.yaml"), text), NOW);
  }

  private InvalidRequestException refuse(String text) {
    InvalidRequestException thrown =
        catchThrowableOfType(InvalidRequestException.class, () -> read(text));
    assertThat(thrown).as("refused: %s", text.lines().limit(12).toList()).isNotNull();
    return thrown;
  }
}
