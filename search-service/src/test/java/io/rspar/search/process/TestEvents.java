package io.rspar.search.process;

import io.rspar.events.ArtifactRef;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.CurvatureSummed;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningAdmitted;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.TargetMetric;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Events whose artifacts nobody reads. */
final class TestEvents {
  private static final ArtifactRef NOWHERE =
      ArtifactRef.newBuilder().setUri("rspar:sha256/" + "0".repeat(64)).build();

  private TestEvents() {}

  /** A request whose curvature is to be measured in shards. */
  static PruningAdmitted admitted(String requestId, int shards) {
    return PruningAdmitted.newBuilder()
        .setRequestId(requestId)
        .setRequest(request(requestId, "default", shards))
        .setWarnings(List.of("a warning"))
        .setOrigins(Map.of("hash", "file"))
        .setAdmittedAt(Instant.EPOCH)
        .build();
  }

  /** Sums of a shard that took as many nanoseconds as its number. */
  static CurvatureSummed summed(String requestId, int shard, int shards) {
    return CurvatureSummed.newBuilder()
        .setRequestId(requestId)
        .setShardId(Shards.id(requestId, shard))
        .setRequest(request(requestId, "default", shards))
        .setShard(shard)
        .setShards(shards)
        .setSums(ArtifactRef.newBuilder().setUri("sums of " + shard).build())
        .setDurationNanos(shard)
        .setSummedAt(Instant.EPOCH)
        .build();
  }

  private static PruningRequest request(String requestId, String deviceClass, int shards) {
    DataSlice slice = DataSlice.newBuilder().setFiles(List.of(NOWHERE)).build();
    return PruningRequest.newBuilder()
        .setRequestId(requestId)
        .setSubmittedAt(Instant.EPOCH)
        .setModel(NOWHERE)
        .setData(
            DataSpec.newBuilder()
                .setFormat(DataFormat.NPZ)
                .setCalibration(slice)
                .setValidation(slice)
                .setTest(slice)
                .build())
        .setTarget(new PruningTarget(TargetMetric.MACS, true, 0.5))
        .setConstraints(CutConstraints.newBuilder().build())
        .setCalibration(CalibrationSettings.newBuilder().setShards(shards).build())
        .setSearch(SearchSettings.newBuilder().build())
        .setRecovery(RecoverySettings.newBuilder().build())
        .setMeasurement(MeasurementSettings.newBuilder().setDeviceClass(deviceClass).build())
        .build();
  }

  static SensitivityMeasured measured(String requestId, String deviceClass) {
    return SensitivityMeasured.newBuilder()
        .setRequestId(requestId)
        .setRequest(request(requestId, deviceClass, 1))
        .setSensitivity(NOWHERE)
        .setGroups(1)
        .setChannels(8)
        .setDenseMacs(100)
        .setDenseParameters(10)
        .setSamplesUsed(1)
        .setDurationNanos(1)
        .setMeasuredAt(Instant.EPOCH)
        .build();
  }
}
