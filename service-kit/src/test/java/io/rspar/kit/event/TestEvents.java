package io.rspar.kit.event;

import io.rspar.events.ArtifactRef;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.CandidateProposed;
import io.rspar.events.CandidatePruned;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.FailureReason;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.Purpose;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.Stage;
import io.rspar.events.TargetMetric;
import io.rspar.events.WorkFailed;
import io.rspar.kit.failure.Failure;
import java.time.Instant;
import java.util.List;

/** Small valid events. */
public final class TestEvents {
  static final Instant TIME = Instant.ofEpochMilli(1_767_225_600_000L);
  private static final ArtifactRef ARTIFACT =
      new ArtifactRef("rspar:sha256/" + "0".repeat(64), "0".repeat(64), 1L, "text/plain");

  private TestEvents() {}

  public static PruningRequest request(String id) {
    DataSlice slice = DataSlice.newBuilder().setFiles(List.of(ARTIFACT)).build();
    return PruningRequest.newBuilder()
        .setRequestId(id)
        .setSubmittedAt(TIME)
        .setModel(ARTIFACT)
        .setData(
            DataSpec.newBuilder()
                .setFormat(DataFormat.NPZ)
                .setCalibration(slice)
                .setValidation(slice)
                .setTest(slice)
                .build())
        .setTarget(new PruningTarget(TargetMetric.MACS, true, 0.5))
        .setConstraints(CutConstraints.newBuilder().build())
        .setCalibration(CalibrationSettings.newBuilder().build())
        .setSearch(SearchSettings.newBuilder().build())
        .setRecovery(RecoverySettings.newBuilder().build())
        .setMeasurement(MeasurementSettings.newBuilder().build())
        .build();
  }

  public static CandidateProposed proposed(String requestId, int index) {
    return CandidateProposed.newBuilder()
        .setRequestId(requestId)
        .setCandidateId(requestId + "-" + index)
        .setRound(0)
        .setIndex(index)
        .setPurpose(Purpose.values()[0])
        .setRequest(request(requestId))
        .setPlan(ARTIFACT)
        .setExpectedMacs(1)
        .setExpectedParameters(1)
        .setProposedAt(TIME)
        .build();
  }

  public static CandidatePruned pruned(CandidateProposed proposed) {
    return CandidatePruned.newBuilder()
        .setRequestId(proposed.getRequestId())
        .setCandidateId(proposed.getCandidateId())
        .setRound(proposed.getRound())
        .setIndex(proposed.getIndex())
        .setPurpose(proposed.getPurpose())
        .setRequest(proposed.getRequest())
        .setPlan(proposed.getPlan())
        .setStages(List.of())
        .setMacs(1)
        .setParameters(1)
        .setPrunedAt(TIME)
        .build();
  }

  static WorkFailed workFailed(String requestId, String candidateId, Failure failure) {
    return WorkFailed.newBuilder()
        .setRequestId(requestId)
        .setCandidateId(candidateId)
        .setStage(Stage.PRUNING)
        .setReason(failure.reason())
        .setMessage(failure.message())
        .setRemedy(failure.remedy())
        .setAttempts(failure.attempts())
        .setFailedAt(TIME)
        .build();
  }

  static PruningFailed pruningFailed(String requestId, String message) {
    return new PruningFailed(
        requestId, Stage.SEARCH, FailureReason.INTERNAL_ERROR, message, "look", TIME);
  }
}
