package io.rspar.pruner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.ArtifactRef;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.CandidateProposed;
import io.rspar.events.Compensation;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.Purpose;
import io.rspar.events.RecoverySettings;
import io.rspar.events.RecoveryStage;
import io.rspar.events.SearchSettings;
import io.rspar.events.TargetMetric;
import io.rspar.graph.Graph;
import io.rspar.graph.Tensor;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.surgery.Kept;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.artifact.FileArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.pruner.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fine-tuning of the demo network with half of its channels, on a few of its examples. */
class RecoveryTest {
  private static final Path DEMO = Path.of("..", "examples", "fashion-mnist");

  @TempDir Path temp;

  private ArtifactStore store;
  private Graph dense;
  private DependencyGraph groups;
  private PruningPlan plan;

  @BeforeEach
  void halve() throws IOException {
    store = new FileArtifactStore(temp.resolve("store"), Long.MAX_VALUE, List.of());
    dense = OnnxReader.read(DEMO.resolve("fashion_resnet.onnx"));
    groups = DependencyGraph.of(dense);
    Map<String, List<Integer>> kept = new LinkedHashMap<>();
    for (ChannelGroup group : groups.groups()) {
      kept.put(group.id(), IntStream.range(0, group.width() / 2).boxed().toList());
    }
    plan = new PruningPlan(kept);
  }

  @Test
  void aPrunerThatDiedWhileFineTuningGoesOnWhereItsLastCheckWas() throws IOException {
    CandidateProposed candidate =
        candidate(
            RecoverySettings.newBuilder()
                .setCompensation(Compensation.NONE)
                .setEpochs(1)
                .setBatchSize(64)
                .setCheckEpochs(0.5)
                .setDistillation(0.5)
                .setStructAlign(0.1)
                .setWarmup(0.2)
                .build());
    Heard uninterrupted = new Heard(Integer.MAX_VALUE);
    recover(candidate, temp.resolve("one"), uninterrupted);
    assertThat(uninterrupted.finals).hasSize(1);
    assertThat(uninterrupted.steps).isEqualTo(8); // 512 examples in batches of 64

    Heard dying = new Heard(6);
    assertThatThrownBy(() -> recover(candidate, temp.resolve("two"), dying)).hasMessage("died");
    assertThat(files(temp.resolve("two"))).hasSize(1);
    Heard after = new Heard(Integer.MAX_VALUE);
    recover(candidate, temp.resolve("two"), after);
    assertThat(after.steps).as("half an epoch is not done again").isEqualTo(4);
    assertThat(after.finals).isEqualTo(uninterrupted.finals);
    assertThat(files(temp.resolve("two"))).as("an ended run leaves nothing").isEmpty();
  }

  @Test
  void whatFineTuningMakesWorseIsNotHandedOut() {
    CandidateProposed candidate =
        candidate(
            RecoverySettings.newBuilder()
                .setCompensationSamples(128)
                .setEpochs(0.5)
                .setLearningRate(5)
                .build());
    Heard heard = new Heard(Integer.MAX_VALUE);
    recover(candidate, temp.resolve("checkpoints"), heard);
    assertThat(heard.warnings)
        .singleElement()
        .asString()
        .contains("Fine-tuning made the model no better", "lower learning rate");
    assertThat(heard.finals.get(0)).isEqualTo(heard.compensated);
  }

  @Test
  void exploredCandidatesAreNotFineTuned() {
    CandidateProposed candidate =
        CandidateProposed.newBuilder(
                candidate(
                    RecoverySettings.newBuilder()
                        .setCompensation(Compensation.NONE)
                        .setEpochs(1)
                        .build()))
            .setPurpose(Purpose.EXPLORATION)
            .build();
    Heard heard = new Heard(Integer.MAX_VALUE);
    recover(candidate, temp.resolve("checkpoints"), heard);
    assertThat(heard.steps).isZero();
    assertThat(heard.finals).isEmpty();
  }

  private void recover(CandidateProposed candidate, Path checkpoints, Heard heard) {
    new Recovery(new RequestData(store), new CheckpointFolder(checkpoints))
        .repair(
            candidate,
            dense,
            new Kept(groups, plan),
            Surgeon.cut(dense, groups, plan),
            dense,
            Optional.empty(),
            heard);
  }

  private CandidateProposed candidate(RecoverySettings recovery) {
    PruningRequest request =
        PruningRequest.newBuilder()
            .setRequestId("r")
            .setSubmittedAt(Instant.EPOCH)
            .setModel(store.put(DEMO.resolve("fashion_resnet.onnx"), "application/onnx"))
            .setData(
                DataSpec.newBuilder()
                    .setFormat(DataFormat.IDX)
                    .setMean(List.of(0.2860f))
                    .setStd(List.of(0.3530f))
                    .setCropPadding(2)
                    .setHorizontalFlip(true)
                    .setCalibration(slice("calibration", 128))
                    .setTrain(slice("train", 512))
                    .setValidation(slice("validation", 200))
                    .setTest(slice("test", 100))
                    .build())
            .setTarget(new PruningTarget(TargetMetric.MACS, true, 0.5))
            .setConstraints(CutConstraints.newBuilder().build())
            .setCalibration(CalibrationSettings.newBuilder().build())
            .setSearch(SearchSettings.newBuilder().build())
            .setRecovery(recovery)
            .setMeasurement(MeasurementSettings.newBuilder().build())
            .setSeed(3)
            .build();
    return CandidateProposed.newBuilder()
        .setRequestId("r")
        .setCandidateId("r.final")
        .setRound(0)
        .setIndex(0)
        .setPurpose(Purpose.FINAL)
        .setRequest(request)
        .setPlan(new ArtifactRef("rspar:sha256/plan", "plan", 1L, null))
        .setExpectedMacs(1)
        .setExpectedParameters(1)
        .setProposedAt(Instant.EPOCH)
        .build();
  }

  private DataSlice slice(String role, int limit) {
    return DataSlice.newBuilder()
        .setFiles(
            Stream.of("images", "labels")
                .map(kind -> DEMO.resolve(role + "-" + kind + ".idx.gz"))
                .map(file -> store.put(file, "application/gzip"))
                .toList())
        .setLimit(limit)
        .build();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  /** Takes down what recovery says; dies at a step. */
  private static final class Heard implements Recovery.Listener {
    private final List<Map<String, Tensor>> finals = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final int diesAtStep;
    private Map<String, Tensor> compensated;
    private int steps;

    Heard(int diesAtStep) {
      this.diesAtStep = diesAtStep;
    }

    @Override
    public void stage(RecoveryStage stage, Graph model, long startedNanos) {
      if (stage == RecoveryStage.COMPENSATED) {
        compensated = model.initializers();
      } else if (stage == RecoveryStage.FINE_TUNED) {
        finals.add(model.initializers());
      }
    }

    @Override
    public void progress(double share, String detail) {
      if (detail.startsWith("fine-tuning")) {
        steps++;
        if (steps == diesAtStep) {
          throw new IllegalStateException("died");
        }
      }
    }

    @Override
    public void warning(String sentence) {
      warnings.add(sentence);
    }
  }
}
