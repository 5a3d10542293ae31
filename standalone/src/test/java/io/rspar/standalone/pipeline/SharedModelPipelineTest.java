package io.rspar.standalone.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.AllocationMethod;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.TargetMetric;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The whole job on a network that is not part of the project, where its folder is named. */
@EnabledIfSystemProperty(named = "rspar.shared.models", matches = ".+")
class SharedModelPipelineTest {
  @TempDir Path temp;

  @Test
  void prunesResNet20ToHalfItsMacs() throws Exception {
    Path cifar = Path.of(System.getProperty("rspar.shared.models"), "cifar10");
    Path out = temp.resolve("out");
    for (Criterion criterion : List.of(Criterion.KFAC_OBD, Criterion.L1)) {
      for (AllocationMethod method : AllocationMethod.values()) {
        PruningRequest request = request(cifar, out, criterion, method);
        long start = System.nanoTime();
        List<SpecificRecord> events = new InMemoryPipeline(temp.resolve("store")).run(request, 1);
        SpecificRecord last = events.get(events.size() - 2);
        System.out.println(
            criterion + " " + method + " " + (System.nanoTime() - start) / 1e9 + " s");
        assertThat(last).as("%s", last).isInstanceOf(PruningCompleted.class);
        System.out.println(Files.readString(out.resolve("report.md")));
      }
    }
  }

  private static PruningRequest request(
      Path cifar, Path out, Criterion criterion, AllocationMethod method) {
    return PruningRequest.newBuilder()
        .setRequestId("resnet20-" + criterion + "-" + method)
        .setSubmittedAt(Instant.now())
        .setModel(ref(cifar.resolve("resnet20.onnx")))
        .setData(
            DataSpec.newBuilder()
                .setFormat(DataFormat.NPZ)
                .setMean(List.of(0.485f, 0.456f, 0.406f))
                .setStd(List.of(0.229f, 0.224f, 0.225f))
                .setCropPadding(4)
                .setHorizontalFlip(true)
                .setCalibration(slice(cifar.resolve("calibration.npz"), 1024))
                .setValidation(slice(cifar.resolve("validation.npz"), 2000))
                .setTest(slice(cifar.resolve("test.npz"), 2000))
                .build())
        .setTarget(
            PruningTarget.newBuilder()
                .setMetric(TargetMetric.MACS)
                .setRelative(true)
                .setValue(0.5)
                .build())
        .setMethod(method)
        .setCriterion(criterion)
        .setConstraints(CutConstraints.newBuilder().setChannelMultiple(1).build())
        .setCalibration(CalibrationSettings.newBuilder().build())
        .setSearch(SearchSettings.newBuilder().setRounds(1).setCandidatesPerRound(5).build())
        .setRecovery(RecoverySettings.newBuilder().build())
        .setMeasurement(MeasurementSettings.newBuilder().build())
        .setOutput(out.toUri().toString())
        .setSeed(1)
        .build();
  }

  private static DataSlice slice(Path file, int limit) {
    return DataSlice.newBuilder().setFiles(List.of(ref(file))).setLimit(limit).build();
  }

  private static ArtifactRef ref(Path file) {
    return ArtifactRef.newBuilder().setUri(file.toUri().toString()).build();
  }
}
