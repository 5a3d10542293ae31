package io.rspar.search.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.AllocationMethod;
import io.rspar.events.ArtifactRef;
import io.rspar.events.BaselineSettings;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.FailureReason;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.TargetMetric;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.artifact.FileArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.event.JobContext;
import io.rspar.kit.failure.WorkException;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.SensitivityReport;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparationsTest {
  private static final Path FOLDER = Path.of("..", "examples", "fashion-mnist");
  private static final int STEPS = 4;

  @TempDir Path temp;
  private ArtifactStore store;

  @BeforeEach
  void open() {
    store = new FileArtifactStore(temp, 1L << 30, List.of());
  }

  /** A job that is cancelled at its n-th report; 0 = never. */
  private static final class CountingJob implements JobContext {
    private final int cancelledAt;
    private final List<Double> shares = new ArrayList<>();

    CountingJob(int cancelledAt) {
      this.cancelledAt = cancelledAt;
    }

    @Override
    public void progress(double share, String detail) {
      shares.add(share);
    }

    @Override
    public boolean cancelled() {
      return cancelledAt > 0 && shares.size() >= cancelledAt;
    }

    @Override
    public int attempt() {
      return 1;
    }
  }

  @Test
  void trainingReportsEveryStepAndIsDoneOnceForAllRounds() throws Exception {
    Preparations preparations = new Preparations(store, new RequestData(store));
    SensitivityMeasured measured = measured();
    CountingJob job = new CountingJob(0);
    Preparation first = preparations.of(measured, job);
    assertThat(job.shares).hasSize(STEPS).isSorted();
    assertThat(preparations.of(measured, job)).isSameAs(first);
    assertThat(job.shares).hasSize(STEPS);

    Preparation afterRestart =
        new Preparations(store, new RequestData(store)).of(measured, new CountingJob(0));
    assertThat(afterRestart.trained()).isPresent().isEqualTo(first.trained());
    assertThat(afterRestart.network().plan(afterRestart.network().space().full()))
        .isEqualTo(first.network().plan(first.network().space().full()));
  }

  @Test
  void aTrainingThatIsNoLongerWantedEndsAtTheNextStep() throws Exception {
    CountingJob job = new CountingJob(2);
    SensitivityMeasured measured = measured();
    assertThatThrownBy(() -> new Preparations(store, new RequestData(store)).of(measured, job))
        .isInstanceOf(WorkException.class)
        .hasMessageContaining("given up");
    assertThat(job.shares).hasSize(2);
  }

  @Test
  void aCutInPartsNeedsANorm() {
    PruningRequest request =
        PruningRequest.newBuilder(request())
            .setMethod(AllocationMethod.DEPGRAPH)
            .setCriterion(Criterion.TAYLOR)
            .setBaseline(BaselineSettings.newBuilder().setIterations(3).build())
            .build();
    assertThatThrownBy(() -> Methods.baseline(request, new RequestData(store)))
        .isInstanceOfSatisfying(
            WorkException.class,
            e -> assertThat(e.reason()).isEqualTo(FailureReason.INVALID_REQUEST))
        .hasMessageContaining("TAYLOR is measured once");
  }

  private SensitivityMeasured measured() throws Exception {
    PruningRequest request = request();
    Graph graph = OnnxReader.read(store.fetch(request.getModel()));
    DependencyGraph groups = DependencyGraph.of(graph);
    SensitivityReport report =
        new SensitivityReport(
            "L2",
            false,
            0,
            groups.groups().stream()
                .map(
                    g ->
                        GroupSensitivity.additive(
                            g.id(), DataFreeCriterion.l2().score(graph, groups, g)))
                .toList(),
            List.of());
    return SensitivityMeasured.newBuilder()
        .setRequestId(request.getRequestId())
        .setRequest(request)
        .setSensitivity(store.put(report.toJson(), "application/json"))
        .setGroups(report.groups().size())
        .setChannels(1)
        .setDenseMacs(1)
        .setDenseParameters(1)
        .setSamplesUsed(0)
        .setDurationNanos(1)
        .setMeasuredAt(Instant.EPOCH)
        .build();
  }

  private PruningRequest request() {
    return PruningRequest.newBuilder()
        .setRequestId("r")
        .setSubmittedAt(Instant.EPOCH)
        .setModel(stored("fashion_resnet.onnx"))
        .setData(
            DataSpec.newBuilder()
                .setFormat(DataFormat.IDX)
                .setMean(List.of(0.2860f))
                .setStd(List.of(0.3530f))
                .setCalibration(slice("calibration"))
                .setTrain(slice("train"))
                .setValidation(slice("validation"))
                .setTest(slice("test"))
                .build())
        .setTarget(
            PruningTarget.newBuilder()
                .setMetric(TargetMetric.MACS)
                .setRelative(true)
                .setValue(0.5)
                .build())
        .setMethod(AllocationMethod.JTP)
        .setCriterion(Criterion.L2)
        .setConstraints(CutConstraints.newBuilder().build())
        .setCalibration(CalibrationSettings.newBuilder().build())
        .setSearch(SearchSettings.newBuilder().build())
        .setBaseline(BaselineSettings.newBuilder().setSteps(STEPS).build())
        .setRecovery(RecoverySettings.newBuilder().setBatchSize(32).build())
        .setMeasurement(MeasurementSettings.newBuilder().build())
        .setSeed(3)
        .build();
  }

  private DataSlice slice(String role) {
    return DataSlice.newBuilder()
        .setFiles(List.of(stored(role + "-images.idx.gz"), stored(role + "-labels.idx.gz")))
        .setLimit(128)
        .build();
  }

  private ArtifactRef stored(String name) {
    return store.put(FOLDER.resolve(name), "application/octet-stream");
  }
}
