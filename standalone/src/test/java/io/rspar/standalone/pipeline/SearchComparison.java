package io.rspar.standalone.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.AllocationMethod;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CutConstraints;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.Purpose;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.SensitivityMeasured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Not a check but an experiment: R-SPAR and its controls on a real network at equal evaluations,
 * with real cuts and real rewards, without a broker. {@code mvn -pl standalone -am test
 * -Dtest=SearchComparison -Drspar.compare=demo} (or {@code resnet20}) appends a row per method and
 * seed to {@code standalone/target/search-comparison.csv}; {@code -Drspar.compare.macs}, {@code
 * .rounds} and {@code .candidates} change what is asked.
 */
@EnabledIfSystemProperty(named = "rspar.compare", matches = "demo|resnet20")
class SearchComparison {
  private static final Path TABLE = Path.of("target", "search-comparison.csv");
  private static final String HEADER =
      "network,macs,method,seed,evaluations,best_validation,test_dense,test_pruned,macs_ratio,"
          + "seconds\n";

  private static final List<AllocationMethod> SEEDED =
      List.of(AllocationMethod.R_SPAR, AllocationMethod.RANDOM_SEARCH);

  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void compare(long seed) throws IOException {
    if (!Files.exists(TABLE)) {
      Files.writeString(TABLE, HEADER);
    }
    for (AllocationMethod method : AllocationMethod.values()) {
      if (seed == 1 || SEEDED.contains(method)) {
        run(method, seed);
      }
    }
  }

  private void run(AllocationMethod method, long seed) throws IOException {
    String network = System.getProperty("rspar.compare");
    double macs = Double.parseDouble(System.getProperty("rspar.compare.macs", "0.5"));
    PruningRequest request =
        (network.equals("demo") ? demo() : resnet20())
            .setRequestId("compare-" + method.ordinal() + "-" + seed)
            .setSubmittedAt(Instant.EPOCH)
            .setTarget(DemoRequests.macs(macs))
            .setMethod(method)
            .setSearch(
                SearchSettings.newBuilder()
                    .setRounds(Integer.getInteger("rspar.compare.rounds", 5))
                    .setCandidatesPerRound(Integer.getInteger("rspar.compare.candidates", 8))
                    .build())
            .setMeasurement(
                MeasurementSettings.newBuilder()
                    .setWarmup(2)
                    .setSamples(10)
                    .setMinimumSamples(10)
                    .build())
            .setOutput(temp.resolve(method + "-" + seed).toUri().toString())
            .setSeed(seed)
            .build();
    long start = System.nanoTime();
    List<SpecificRecord> events = new InMemoryPipeline(temp.resolve("store")).run(request, 1);
    double seconds = (System.nanoTime() - start) / 1e9;
    assertThat(events).noneMatch(PruningFailed.class::isInstance);
    List<CandidateEvaluated> evaluated =
        events.stream()
            .filter(CandidateEvaluated.class::isInstance)
            .map(CandidateEvaluated.class::cast)
            .toList();
    List<CandidateEvaluated> explored =
        evaluated.stream().filter(e -> e.getPurpose() == Purpose.EXPLORATION).toList();
    CandidateEvaluated winner = evaluated.get(evaluated.size() - 1);
    Files.writeString(
        TABLE,
        String.format(
            Locale.ROOT,
            "%s,%s,%s,%d,%d,%.4f,%.4f,%.4f,%.4f,%.1f%n",
            network,
            macs,
            method,
            seed,
            explored.size(),
            explored.stream().mapToDouble(CandidateEvaluated::getReward).max().orElse(Double.NaN),
            winner.getDenseAccuracy().getTop1(),
            accuracy(winner),
            (double) winner.getMacs() / denseMacs(events),
            seconds),
        StandardOpenOption.APPEND);
  }

  private static long denseMacs(List<SpecificRecord> events) {
    return events.stream()
        .filter(SensitivityMeasured.class::isInstance)
        .map(SensitivityMeasured.class::cast)
        .findFirst()
        .orElseThrow()
        .getDenseMacs();
  }

  private static double accuracy(CandidateEvaluated candidate) {
    return candidate.getStages().get(candidate.getStages().size() - 1).getAccuracy().getTop1();
  }

  private static PruningRequest.Builder demo() {
    return DemoRequests.request("demo", DemoRequests.MODEL, Path.of("unused"))
        .setData(
            DemoRequests.data()
                .setCalibration(DemoRequests.slice("calibration", 1024))
                .setValidation(DemoRequests.slice("validation", 1000))
                .setTest(DemoRequests.slice("test", 1000))
                .build())
        .setConstraints(CutConstraints.newBuilder().setChannelMultiple(4).build())
        .setCalibration(CalibrationSettings.newBuilder().setSamples(256).build())
        .setRecovery(
            RecoverySettings.newBuilder()
                .setRecalibrationSamples(256)
                .setCompensationSamples(256)
                .build());
  }

  private static PruningRequest.Builder resnet20() {
    Path folder = Path.of(System.getProperty("rspar.shared.models")).resolve("cifar10");
    return DemoRequests.request("resnet20", folder.resolve("resnet20.onnx"), Path.of("unused"))
        .setData(
            DataSpec.newBuilder()
                .setFormat(DataFormat.NPZ)
                .setMean(List.of(0.485f, 0.456f, 0.406f))
                .setStd(List.of(0.229f, 0.224f, 0.225f))
                .setCropPadding(4)
                .setHorizontalFlip(true)
                .setCalibration(slice(folder, "calibration", 1024))
                .setValidation(slice(folder, "validation", 2000))
                .setTest(slice(folder, "test", 2000))
                .build())
        .setConstraints(CutConstraints.newBuilder().setChannelMultiple(4).build())
        .setCalibration(CalibrationSettings.newBuilder().setSamples(256).build())
        .setRecovery(
            RecoverySettings.newBuilder()
                .setRecalibrationSamples(256)
                .setCompensationSamples(256)
                .build());
  }

  private static DataSlice slice(Path folder, String role, int limit) {
    return DataSlice.newBuilder()
        .setFiles(List.of(DemoRequests.ref(folder.resolve(role + ".npz"))))
        .setLimit(limit)
        .build();
  }
}
