package io.rspar.standalone.pipeline;

import io.rspar.events.ArtifactRef;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.TargetMetric;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Requests for the demo network, small enough for tests. */
public final class DemoRequests {
  static final Path FOLDER = Path.of("..", "examples", "fashion-mnist");
  public static final Path MODEL = FOLDER.resolve("fashion_resnet.onnx");

  private DemoRequests() {}

  public static PruningRequest.Builder request(String id, Path model, Path out) {
    return PruningRequest.newBuilder()
        .setRequestId(id)
        .setSubmittedAt(Instant.EPOCH)
        .setModel(ref(model))
        .setData(data().build())
        .setTarget(macs(0.6))
        .setConstraints(CutConstraints.newBuilder().setChannelMultiple(4).build())
        .setCalibration(CalibrationSettings.newBuilder().setSamples(64).setBatchSize(32).build())
        .setSearch(SearchSettings.newBuilder().setRounds(1).setCandidatesPerRound(2).build())
        .setRecovery(RecoverySettings.newBuilder().setRecalibrationSamples(128).build())
        .setMeasurement(
            MeasurementSettings.newBuilder()
                .setWarmup(2)
                .setSamples(10)
                .setMinimumSamples(10)
                .setSpreadSeconds(0)
                .build())
        .setOutput(out.toUri().toString())
        .setSeed(1);
  }

  static DataSpec.Builder data() {
    return DataSpec.newBuilder()
        .setFormat(DataFormat.IDX)
        .setMean(List.of(0.2860f))
        .setStd(List.of(0.3530f))
        .setCalibration(slice("calibration", 128))
        .setValidation(slice("validation", 200))
        .setTest(slice("test", 200));
  }

  static DataSlice slice(String role, int limit) {
    return DataSlice.newBuilder()
        .setFiles(
            List.of(
                ref(FOLDER.resolve(role + "-images.idx.gz")),
                ref(FOLDER.resolve(role + "-labels.idx.gz"))))
        .setLimit(limit)
        .build();
  }

  static PruningTarget macs(double share) {
    return PruningTarget.newBuilder()
        .setMetric(TargetMetric.MACS)
        .setRelative(true)
        .setValue(share)
        .build();
  }

  public static ArtifactRef ref(Path file) {
    return ArtifactRef.newBuilder()
        .setUri(file.toAbsolutePath().normalize().toUri().toString())
        .build();
  }
}
