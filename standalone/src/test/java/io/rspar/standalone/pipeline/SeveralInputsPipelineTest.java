package io.rspar.standalone.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.benchmarks.networks.Bert;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataSpec;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.Purpose;
import io.rspar.events.RecoverySettings;
import io.rspar.events.RecoveryStage;
import io.rspar.events.StageAccuracy;
import io.rspar.events.Validity;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A text classifier of the BERT family: three inputs of integers, any batch and length. */
class SeveralInputsPipelineTest {
  private static final Bert TINY = new Bert(2, 32, 4, 64, TextData.VOCABULARY, 512);

  @TempDir private Path temp;
  private DataSpec.Builder data;

  @BeforeEach
  void write() throws IOException {
    data = TextData.write(temp.resolve("text.npz"), 384, 5);
  }

  private PruningRequest.Builder request(Graph model) throws IOException {
    Path file = Files.write(temp.resolve("model.onnx"), OnnxWriter.toBytes(model));
    return DemoRequests.request("text", file, temp.resolve("out"))
        .setData(data.build())
        .setTarget(DemoRequests.macs(0.5))
        .setConstraints(CutConstraints.newBuilder().setChannelMultiple(1).build())
        .setRecovery(RecoverySettings.newBuilder().setCompensationSamples(128).build());
  }

  private List<SpecificRecord> run(PruningRequest request) {
    return new InMemoryPipeline(temp.resolve("store")).run(request, 1);
  }

  @Test
  void isCutToHalfOfItsMacs() throws IOException {
    Graph dense = TINY.classifier(3, TextData.CLASSES);
    data.setTrain(data.getCalibration());
    PruningRequest request =
        request(dense)
            .setRecovery(
                RecoverySettings.newBuilder().setCompensationSamples(128).setEpochs(1).build())
            .build();

    List<SpecificRecord> events = run(request);

    PruningCompleted completed =
        events.stream()
            .filter(PruningCompleted.class::isInstance)
            .map(PruningCompleted.class::cast)
            .findFirst()
            .orElseThrow(() -> new AssertionError(events.get(events.size() - 1).toString()));
    assertThat(completed.getGoalMet()).isTrue();
    Graph pruned = OnnxReader.read(temp.resolve("out/model.onnx"));
    assertThat(pruned.inputs())
        .extracting(ValueInfo::name)
        .containsExactly("input_ids", "attention_mask", "token_type_ids");
    assertThat(Cost.of(pruned).macs())
        .isEqualTo(completed.getPruned().getMacs())
        .isLessThanOrEqualTo(Cost.of(dense).macs() / 2);
    CandidateEvaluated winner =
        events.stream()
            .filter(CandidateEvaluated.class::isInstance)
            .map(CandidateEvaluated.class::cast)
            .filter(e -> e.getPurpose() == Purpose.FINAL)
            .findFirst()
            .orElseThrow();
    assertThat(winner.getStages())
        .extracting(StageAccuracy::getStage)
        .containsExactly(RecoveryStage.CUT, RecoveryStage.COMPENSATED, RecoveryStage.FINE_TUNED);
    assertThat(winner.getLatency().getValidity()).isEqualTo(Validity.VALID);
  }

  @Test
  void wordNumbersThatWouldBeScaledAreRefused() throws IOException {
    data.setScale(255f);
    PruningFailed failed = failed(request(TINY.classifier(3, TextData.CLASSES)).build());
    assertThat(failed.getReason()).isEqualTo(FailureReason.INPUT_MISMATCH);
    assertThat(failed.getMessage()).contains("input_ids").contains("integers");
    assertThat(failed.getRemedy()).contains("normalisation.scale");
  }

  @Test
  void anInputWithoutDataIsNamed() throws IOException {
    data.setImagesKey("input_ids,token_type_ids");
    PruningFailed failed = failed(request(TINY.classifier(3, TextData.CLASSES)).build());
    assertThat(failed.getReason()).isEqualTo(FailureReason.INPUT_MISMATCH);
    assertThat(failed.getMessage()).contains("attention_mask");
    assertThat(failed.getRemedy()).contains("imagesKey");
  }

  @Test
  void scoresOfEveryTokenHaveNoLoss() throws IOException {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.input("input_ids", DataType.INT64, "batch", "tokens");
    x = b.node("Gather", "words", b.weight("words.weight", TextData.VOCABULARY, 8), x);
    x = b.node("MatMul", "hidden", x, b.weight("hidden.weight", 8, 16));
    x = b.node("MatMul", "tags", b.relu("relu", x), b.weight("tags.weight", 16, 5));
    PruningFailed failed = failed(request(b.output(x, -1, -1, 5).build()).build());
    assertThat(failed.getReason()).isEqualTo(FailureReason.UNSUPPORTED_OUTPUT);
    assertThat(failed.getMessage()).contains("tags").contains("not examples × classes");
    assertThat(failed.getRemedy()).contains("tokens").contains("rspar cut");
  }

  @Test
  void aRegressionHasNoLoss() throws IOException {
    PruningFailed failed = failed(request(TINY.classifier(3, 1)).build());
    assertThat(failed.getMessage()).contains("classifier").contains("regression");
    assertThat(failed.getRemedy()).contains("rspar cut");
  }

  private PruningFailed failed(PruningRequest request) {
    List<SpecificRecord> events = run(request);
    return events.stream()
        .filter(PruningFailed.class::isInstance)
        .map(PruningFailed.class::cast)
        .findFirst()
        .orElseThrow(() -> new AssertionError(events.get(events.size() - 1).toString()));
  }
}
