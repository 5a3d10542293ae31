package io.rspar.dashboard.board;

import io.rspar.events.AccuracyMeasurement;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidateProposed;
import io.rspar.events.CandidatePruned;
import io.rspar.events.CurvatureRequested;
import io.rspar.events.CurvatureSummed;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.FailureReason;
import io.rspar.events.LatencyComparison;
import io.rspar.events.LatencyMeasurement;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.ModelMeasures;
import io.rspar.events.PruningAdmitted;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.PruningStatus;
import io.rspar.events.PruningTarget;
import io.rspar.events.Purpose;
import io.rspar.events.RecoverySettings;
import io.rspar.events.RecoveryStage;
import io.rspar.events.SearchSettings;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.SensitivityRequested;
import io.rspar.events.Stage;
import io.rspar.events.StageAccuracy;
import io.rspar.events.TargetMetric;
import io.rspar.events.Validity;
import io.rspar.events.WorkFailed;
import java.time.Instant;
import java.util.Collections;
import java.util.List;

/** The events of a request with an original of 1,000 MACs and 100 parameters. */
public final class Events {
  public static final Instant START = Instant.parse("2026-01-01T10:00:00Z");
  private static final ArtifactRef REF =
      new ArtifactRef("rspar:sha256/" + "0".repeat(64), "0".repeat(64), 1L, "text/plain");

  private Events() {}

  public static PruningRequested requested(String id) {
    DataSlice slice = DataSlice.newBuilder().setFiles(List.of(REF)).build();
    return new PruningRequested(
        PruningRequest.newBuilder()
            .setRequestId(id)
            .setSubmittedAt(START)
            .setModel(ArtifactRef.newBuilder().setUri("file:///models/small%20net.onnx").build())
            .setData(
                DataSpec.newBuilder()
                    .setFormat(DataFormat.NPZ)
                    .setCalibration(slice)
                    .setValidation(slice)
                    .setTest(slice)
                    .build())
            .setTarget(new PruningTarget(TargetMetric.LATENCY, true, 0.6))
            .setConstraints(CutConstraints.newBuilder().build())
            .setCalibration(CalibrationSettings.newBuilder().build())
            .setSearch(SearchSettings.newBuilder().build())
            .setRecovery(RecoverySettings.newBuilder().build())
            .setMeasurement(MeasurementSettings.newBuilder().build())
            .build());
  }

  static PruningAdmitted admitted(String id, int shards) {
    return PruningAdmitted.newBuilder()
        .setRequestId(id)
        .setRequest(inShards(id, shards))
        .setAdmittedAt(START)
        .build();
  }

  static CurvatureRequested shardRequested(String id, int shard, int shards) {
    return CurvatureRequested.newBuilder()
        .setRequestId(id)
        .setShardId(id + "/" + shard)
        .setRequest(inShards(id, shards))
        .setShard(shard)
        .setShards(shards)
        .setRequestedAt(START)
        .build();
  }

  static CurvatureSummed shardSummed(String id, int shard, int shards) {
    return CurvatureSummed.newBuilder()
        .setRequestId(id)
        .setShardId(id + "/" + shard)
        .setRequest(inShards(id, shards))
        .setShard(shard)
        .setShards(shards)
        .setSums(REF)
        .setDurationNanos(3_000_000_000L)
        .setSummedAt(START)
        .build();
  }

  static SensitivityRequested scoresRequested(String id, int shards) {
    return SensitivityRequested.newBuilder()
        .setRequestId(id)
        .setShardId(id + "/all")
        .setRequest(inShards(id, shards))
        .setSums(Collections.nCopies(shards, REF))
        .setDurationNanos(3_000_000_000L)
        .setRequestedAt(START)
        .build();
  }

  private static PruningRequest inShards(String id, int shards) {
    return PruningRequest.newBuilder(requested(id).getRequest())
        .setCalibration(CalibrationSettings.newBuilder().setShards(shards).build())
        .build();
  }

  public static SensitivityMeasured measured(String id) {
    return SensitivityMeasured.newBuilder()
        .setRequestId(id)
        .setRequest(requested(id).getRequest())
        .setSensitivity(REF)
        .setGroups(3)
        .setChannels(48)
        .setDenseMacs(1000)
        .setDenseParameters(100)
        .setSamplesUsed(64)
        .setDurationNanos(2_000_000_000L)
        .setMeasuredAt(START.plusSeconds(10))
        .build();
  }

  public static CandidateProposed proposed(String id, String candidate, int round) {
    return CandidateProposed.newBuilder()
        .setRequestId(id)
        .setCandidateId(id + "." + candidate)
        .setRound(round)
        .setIndex(0)
        .setPurpose(purpose(candidate))
        .setRequest(requested(id).getRequest())
        .setPlan(REF)
        .setExpectedMacs(600)
        .setExpectedParameters(50)
        .setProposedAt(START.plusSeconds(11))
        .build();
  }

  public static CandidatePruned pruned(String id, String candidate, int round) {
    return CandidatePruned.newBuilder()
        .setRequestId(id)
        .setCandidateId(id + "." + candidate)
        .setRound(round)
        .setIndex(0)
        .setPurpose(purpose(candidate))
        .setRequest(requested(id).getRequest())
        .setPlan(REF)
        .setStages(List.of())
        .setMacs(600)
        .setParameters(50)
        .setPrunedAt(START.plusSeconds(12))
        .build();
  }

  public static CandidateEvaluated evaluated(
      String id, String candidate, int round, double accuracy) {
    return CandidateEvaluated.newBuilder()
        .setRequestId(id)
        .setCandidateId(id + "." + candidate)
        .setRound(round)
        .setIndex(0)
        .setPurpose(purpose(candidate))
        .setModel(REF)
        .setPlan(REF)
        .setDenseAccuracy(new AccuracyMeasurement(0.9, 0.3, 100, "validation"))
        .setStages(
            List.of(
                new StageAccuracy(
                    RecoveryStage.CUT, new AccuracyMeasurement(accuracy, 0.4, 100, "validation"))))
        .setMacs(600)
        .setParameters(50)
        .setModelBytes(10)
        .setDenseModelBytes(20)
        .setLatency(
            LatencyComparison.newBuilder()
                .setDense(latency())
                .setPruned(latency())
                .setRatio(0.7)
                .setRatioLow(0.6)
                .setRatioHigh(0.8)
                .setValidity(Validity.VALID)
                .setRuntime("test")
                .setDeviceClass("default")
                .setDevice("test")
                .setThreads(1)
                .setBatchSize(1)
                .setWarmup(1)
                .build())
        .setReward(accuracy)
        .setEvaluatedAt(START.plusSeconds(13))
        .build();
  }

  private static LatencyMeasurement latency() {
    return LatencyMeasurement.newBuilder()
        .setP50Nanos(100)
        .setP90Nanos(100)
        .setP99Nanos(100)
        .setMeanNanos(100)
        .setStdNanos(0)
        .setSamples(10)
        .build();
  }

  private static Purpose purpose(String candidate) {
    return candidate.equals("final") ? Purpose.FINAL : Purpose.EXPLORATION;
  }

  public static WorkFailed failedWork(String id, String candidate, String message) {
    return WorkFailed.newBuilder()
        .setRequestId(id)
        .setCandidateId(id + "." + candidate)
        .setStage(Stage.PRUNING)
        .setReason(FailureReason.OUT_OF_MEMORY)
        .setMessage(message)
        .setRemedy("use a larger machine")
        .setAttempts(1)
        .setFailedAt(START.plusSeconds(14))
        .build();
  }

  public static PruningStatus status(
      String id, Stage stage, double progress, int done, int planned, int second) {
    return PruningStatus.newBuilder()
        .setRequestId(id)
        .setStage(stage)
        .setProgress(progress)
        .setDetail("doing " + stage)
        .setCandidatesDone(done)
        .setCandidatesPlanned(planned)
        .setUpdatedAt(START.plusSeconds(second))
        .build();
  }

  public static PruningCompleted completed(String id) {
    ModelMeasures measures = new ModelMeasures(0.9, 0.3, 1000L, 100L, 20L, 100L);
    return PruningCompleted.newBuilder()
        .setRequestId(id)
        .setModel(REF)
        .setReport(REF)
        .setDirectory("file:///out/")
        .setDense(measures)
        .setPruned(measures)
        .setGoalMet(true)
        .setCompletedAt(START.plusSeconds(60))
        .build();
  }

  public static PruningFailed failed(String id) {
    return PruningFailed.newBuilder()
        .setRequestId(id)
        .setStage(Stage.SENSITIVITY)
        .setReason(FailureReason.INVALID_MODEL)
        .setMessage("the model is broken")
        .setRemedy("export it again")
        .setFailedAt(START.plusSeconds(20))
        .build();
  }
}
