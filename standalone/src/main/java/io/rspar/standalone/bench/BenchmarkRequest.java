package io.rspar.standalone.bench;

import io.rspar.benchmarks.BenchmarkData;
import io.rspar.benchmarks.BenchmarkData.Role;
import io.rspar.benchmarks.Context;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.RecoverySettings;
import io.rspar.events.TargetMetric;
import io.rspar.kit.failure.WorkException;
import io.rspar.standalone.client.RequestClient;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/** Half of the MACs of a benchmark's network, as a request. */
final class BenchmarkRequest {
  private BenchmarkRequest() {}

  /**
   * @param examples validation and test examples, at most
   * @param out receives the results
   */
  static PruningRequest.Builder half(
      BenchmarkData data, String id, int examples, Path out, long seed) {
    return PruningRequest.newBuilder()
        .setRequestId(id)
        .setSubmittedAt(Instant.ofEpochMilli(System.currentTimeMillis()))
        .setModel(file(data.model()))
        .setData(
            DataSpec.newBuilder()
                .setFormat(DataFormat.valueOf(data.description().format().name()))
                .setScale(data.description().scale())
                .setMean(data.description().mean())
                .setStd(data.description().std())
                .setCropPadding(data.augmentation().cropPadding())
                .setHorizontalFlip(data.augmentation().horizontalFlip())
                .setCalibration(slice(data, Role.CALIBRATION, 1024))
                .setValidation(slice(data, Role.VALIDATION, examples))
                .setTest(slice(data, Role.TEST, examples))
                .build())
        .setTarget(new PruningTarget(TargetMetric.MACS, true, 0.5))
        .setConstraints(CutConstraints.newBuilder().setChannelMultiple(4).build())
        .setCalibration(CalibrationSettings.newBuilder().build())
        .setRecovery(RecoverySettings.newBuilder().build())
        .setMeasurement(MeasurementSettings.newBuilder().build())
        .setOutput(out.toAbsolutePath().normalize().toUri().toString())
        .setSeed(seed);
  }

  /**
   * Submits a request and waits for its result, telling each status.
   *
   * @throws WorkException if the request fails
   */
  static void serve(RequestClient client, PruningRequest request, Context context)
      throws InterruptedException {
    client.submit(request);
    Optional<SpecificRecord> end = Optional.empty();
    while (end.isEmpty()) {
      end =
          client.poll(
              request.getRequestId(),
              status ->
                  context
                      .progress()
                      .accept(
                          status.getStage().name().toLowerCase(Locale.ROOT)
                              + ": "
                              + status.getDetail()));
    }
    if (end.get() instanceof PruningFailed failed) {
      throw new WorkException(failed.getReason(), failed.getMessage(), failed.getRemedy());
    }
  }

  private static DataSlice slice(BenchmarkData data, Role role, int limit) {
    return DataSlice.newBuilder()
        .setFiles(data.files().get(role).stream().map(BenchmarkRequest::file).toList())
        .setLimit(limit)
        .build();
  }

  private static ArtifactRef file(Path path) {
    return ArtifactRef.newBuilder()
        .setUri(path.toAbsolutePath().normalize().toUri().toString())
        .build();
  }
}
