package io.rspar.standalone.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.AllocationMethod;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.RecoverySettings;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Tensor;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be served ends in one failed event that names the cause and the remedy. */
class BadInputTest {
  @TempDir Path temp;

  @Test
  void aMissingModel() {
    assertFails(
        request(temp.resolve("nowhere.onnx")), FailureReason.ARTIFACT_MISSING, "nowhere.onnx");
  }

  @Test
  void aTruncatedModel() throws IOException {
    byte[] whole = Files.readAllBytes(DemoRequests.MODEL);
    Path file = Files.write(temp.resolve("short.onnx"), Arrays.copyOf(whole, whole.length / 2));
    assertFails(request(file), FailureReason.INVALID_MODEL, "short.onnx");
  }

  @Test
  void aWeightThatIsNotANumber() throws IOException {
    Graph graph = OnnxReader.read(DemoRequests.MODEL);
    Map<String, Tensor> weights = new LinkedHashMap<>(graph.initializers());
    String name =
        weights.entrySet().stream()
            .filter(e -> e.getValue().shape().rank() == 4)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow();
    float[] values = weights.get(name).toFloats();
    values[5] = Float.NaN;
    weights.put(name, Tensor.ofFloats(weights.get(name).shape(), values));
    assertFails(
        request(write(graph.withNodesAndInitializers(graph.nodes(), weights))),
        FailureReason.NON_FINITE_WEIGHT,
        name);
  }

  @Test
  void anOperatorThatTheRuntimeDoesNotKnow() throws IOException {
    Graph graph = OnnxReader.read(DemoRequests.MODEL);
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      boolean last = node.opType().equals("Relu") && nodes.stream().noneMatch(this::isStrange);
      nodes.add(
          last
              ? new Node("strange", "", "Bernoulli", node.inputs(), node.outputs(), Map.of())
              : node);
    }
    assertFails(
        request(write(graph.withNodesAndInitializers(nodes, graph.initializers()))),
        FailureReason.UNSUPPORTED_OPERATOR,
        "Bernoulli",
        "strange");
  }

  private boolean isStrange(Node node) {
    return node.name().equals("strange");
  }

  @Test
  void examplesOfAnotherShape() throws IOException {
    Path csv = Files.writeString(temp.resolve("tiny.csv"), "1,2,3,4,0\n5,6,7,8,1\n");
    PruningRequest request =
        PruningRequest.newBuilder(request(DemoRequests.MODEL))
            .setData(
                DemoRequests.data()
                    .setFormat(DataFormat.CSV)
                    .setExampleShape(List.of(1, 2, 2))
                    .setCalibration(csv(csv))
                    .setValidation(csv(csv))
                    .setTest(csv(csv))
                    .build())
            .build();
    assertFails(request, FailureReason.INPUT_MISMATCH, "1×2×2", "28");
  }

  @Test
  void labelsOutOfRange() throws IOException {
    StringBuilder line = new StringBuilder();
    line.append("0,".repeat(784)).append("12\n");
    Path csv = Files.writeString(temp.resolve("labels.csv"), line.toString().repeat(4));
    PruningRequest request =
        PruningRequest.newBuilder(request(DemoRequests.MODEL))
            .setData(
                DemoRequests.data()
                    .setFormat(DataFormat.CSV)
                    .setExampleShape(List.of(1, 28, 28))
                    .setCalibration(csv(csv))
                    .setValidation(csv(csv))
                    .setTest(csv(csv))
                    .build())
            .build();
    assertFails(request, FailureReason.LABEL_OUT_OF_RANGE, "12", "10");
  }

  @Test
  void aTargetThatCannotBeReached() {
    PruningRequest request =
        PruningRequest.newBuilder(request(DemoRequests.MODEL))
            .setTarget(DemoRequests.macs(0.001))
            .build();
    assertFails(request, FailureReason.TARGET_UNREACHABLE, "cannot be reached");
  }

  @Test
  void anOutputThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(temp.resolve("a-file"), "not a folder");
    PruningRequest request =
        PruningRequest.newBuilder(request(DemoRequests.MODEL))
            .setOutput(file.resolve("below").toUri().toString())
            .build();
    assertFails(request, FailureReason.OUTPUT_NOT_WRITABLE, "a-file");
  }

  @Test
  void moreShardsThanBatches() {
    PruningRequest request =
        PruningRequest.newBuilder(request(DemoRequests.MODEL))
            .setCriterion(Criterion.KFAC_OBD)
            .setCalibration(
                CalibrationSettings.newBuilder()
                    .setSamples(64)
                    .setBatchSize(32)
                    .setShards(3)
                    .build())
            .build();
    assertFails(request, FailureReason.INVALID_REQUEST, "calibration.shards is 3", "2 batches");
  }

  @Test
  void nothingLeftToPrune() {
    PruningRequest request =
        PruningRequest.newBuilder(request(DemoRequests.MODEL))
            .setConstraints(CutConstraints.newBuilder().setExclude(List.of(".*")).build())
            .build();
    assertFails(request, FailureReason.NOTHING_TO_PRUNE, "no channel");
  }

  @Test
  void fineTuningWithoutTrainingData() {
    PruningRequest request =
        PruningRequest.newBuilder(request(DemoRequests.MODEL))
            .setRecovery(RecoverySettings.newBuilder().setEpochs(1).build())
            .build();
    assertFails(request, FailureReason.INVALID_REQUEST, "training data");
  }

  /** The next request is served by the same workers. */
  private void assertFails(PruningRequest request, FailureReason reason, String... named) {
    InMemoryPipeline pipeline = new InMemoryPipeline(temp.resolve("store"));
    List<SpecificRecord> events = pipeline.run(request, 1);
    List<PruningFailed> failures =
        events.stream()
            .filter(PruningFailed.class::isInstance)
            .map(PruningFailed.class::cast)
            .toList();
    assertThat(failures).as("%s", events).hasSize(1);
    PruningFailed failed = failures.get(0);
    assertThat(failed.getReason()).as(failed.getMessage()).isEqualTo(reason);
    assertThat(failed.getMessage()).contains(named).doesNotContain("\n");
    assertThat(failed.getRemedy()).isNotBlank();

    PruningRequest next =
        DemoRequests.request("next", DemoRequests.MODEL, temp.resolve("next"))
            .setCriterion(Criterion.L1)
            .setMethod(AllocationMethod.UNIFORM)
            .build();
    assertThat(pipeline.run(next, 1)).hasAtLeastOneElementOfType(PruningCompleted.class);
  }

  private PruningRequest request(Path model) {
    return DemoRequests.request("bad", model, temp.resolve("out")).build();
  }

  private Path write(Graph graph) throws IOException {
    return Files.write(temp.resolve("changed.onnx"), OnnxWriter.toBytes(graph));
  }

  private static DataSlice csv(Path file) {
    return DataSlice.newBuilder().setFiles(List.of(DemoRequests.ref(file))).build();
  }
}
