package io.rspar.standalone.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.rspar.eval.energy.Powercap;
import io.rspar.events.AllocationMethod;
import io.rspar.events.BaselineSettings;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidateProposed;
import io.rspar.events.Compensation;
import io.rspar.events.Criterion;
import io.rspar.events.CurvatureRequested;
import io.rspar.events.CurvatureSummed;
import io.rspar.events.CutConstraints;
import io.rspar.events.FailureReason;
import io.rspar.events.GroupCap;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.Purpose;
import io.rspar.events.RecoverySettings;
import io.rspar.events.RecoveryStage;
import io.rspar.events.RoundingMode;
import io.rspar.events.SearchSettings;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.SensitivityRequested;
import io.rspar.events.StageAccuracy;
import io.rspar.events.TargetMetric;
import io.rspar.graph.Graph;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.op.Role;
import io.rspar.graph.surgery.PruningPlanFile;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.kit.request.RequestFile;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.search.report.Report;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole job on the demo network, every decider with its real work. */
class PipelineTest {
  @TempDir Path temp;

  @Test
  void aRequestEndsInASmallerModelThatOnnxRuntimeRuns() throws Exception {
    Path out = temp.resolve("out");
    PruningRequest request =
        DemoRequests.request("smaller", DemoRequests.MODEL, out)
            .setRecovery(
                RecoverySettings.newBuilder().setRecalibrationSamples(128).setEpochs(0.02).build())
            .setData(DemoRequests.data().setTrain(DemoRequests.slice("train", 1000)).build())
            .build();

    List<SpecificRecord> events = pipeline().run(request, 1);

    PruningCompleted completed = only(events, PruningCompleted.class);
    Graph dense = OnnxReader.read(DemoRequests.MODEL);
    Graph pruned = OnnxReader.read(out.resolve("model.onnx"));
    assertThat(completed.getGoalMet()).isTrue();
    assertThat(Cost.of(pruned).macs())
        .isEqualTo(completed.getPruned().getMacs())
        .isLessThanOrEqualTo((long) (0.6 * Cost.of(dense).macs()))
        .isGreaterThan((long) (0.5 * Cost.of(dense).macs()));
    assertThat(Files.size(out.resolve("model.onnx")))
        .isEqualTo(completed.getPruned().getBytes())
        .isLessThan(Files.size(DemoRequests.MODEL));
    assertInterpreterEqualsOnnxRuntime(pruned);

    CandidateEvaluated winner =
        all(events, CandidateEvaluated.class).stream()
            .filter(e -> e.getPurpose() == Purpose.FINAL)
            .findFirst()
            .orElseThrow();
    assertThat(winner.getStages())
        .extracting(StageAccuracy::getStage)
        .containsExactly(RecoveryStage.CUT, RecoveryStage.COMPENSATED, RecoveryStage.FINE_TUNED);
    assertThat(winner.getDenseAccuracy().getRole()).isEqualTo("test");
    assertThat(all(events, CandidateEvaluated.class))
        .filteredOn(e -> e.getPurpose() == Purpose.EXPLORATION)
        .hasSize(2)
        .allMatch(e -> e.getDenseAccuracy().getRole().equals("validation"));
    assertThat(out)
        .isDirectoryContaining("glob:**report.json")
        .isDirectoryContaining("glob:**report.md")
        .isDirectoryContaining("glob:**report.html")
        .isDirectoryContaining("glob:**layers.csv")
        .isDirectoryContaining("glob:**candidates.csv")
        .isDirectoryContaining("glob:**pareto.svg")
        .isDirectoryContaining("glob:**sensitivity.json")
        .isDirectoryContaining("glob:**provenance.json");
    assertThat(problemsOfTheReport(out)).isEmpty();
    assertThat(out.resolve("report.html")).content().contains("Goal met", "of the original");
    PruningRequest again = new RequestFile().read(out.resolve("request.yaml"), Instant.EPOCH);
    assertThat(
            PruningRequest.newBuilder(again)
                .setRequestId(request.getRequestId())
                .setOutput(request.getOutput())
                .build())
        .as("the request beside the report is the one that was made")
        .isEqualTo(request);
  }

  /** What the published schema finds wrong with a real report. */
  private static List<String> problemsOfTheReport(Path results) throws IOException {
    ObjectMapper json = new ObjectMapper();
    try (InputStream schema = Report.class.getResourceAsStream("report.schema.json")) {
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(json.readTree(schema))
          .validate(json.readTree(results.resolve("report.json").toFile()))
          .stream()
          .map(Object::toString)
          .toList();
    }
  }

  @Test
  void thePublishedPlanCutsTheOriginalToTheSameStructure() throws Exception {
    Path out = temp.resolve("out");
    pipeline().run(DemoRequests.request("plan", DemoRequests.MODEL, out).build(), 1);
    Graph dense = OnnxReader.read(DemoRequests.MODEL);
    Graph replayed =
        Surgeon.cut(
            dense,
            DependencyGraph.of(dense),
            PruningPlanFile.read(Files.readString(out.resolve("pruning-plan.json"))));
    assertThat(Cost.of(replayed)).isEqualTo(Cost.of(OnnxReader.read(out.resolve("model.onnx"))));
  }

  /** Every constraint of the request, seen in what stays of the network. */
  @Test
  void theCutRespectsItsConstraints() throws Exception {
    Graph dense = OnnxReader.read(DemoRequests.MODEL);
    List<ChannelGroup> all = DependencyGraph.of(dense).groups();
    ChannelGroup capped = all.get(0);
    ChannelGroup untouched = all.get(1);
    ChannelGroup excluded = all.get(2);
    String layer = excluded.members(Role.PRODUCER).get(0).nodeName();
    Path out = temp.resolve("out");
    PruningRequest request =
        DemoRequests.request("constraints", DemoRequests.MODEL, out)
            .setCriterion(Criterion.L1)
            .setMethod(AllocationMethod.GLOBAL_THRESHOLD)
            .setTarget(DemoRequests.macs(0.8))
            .setConstraints(
                CutConstraints.newBuilder()
                    .setChannelMultiple(4)
                    .setRounding(RoundingMode.UP)
                    .setMinChannels(6)
                    .setMaxRatio(0.7)
                    .setExclude(List.of(Pattern.quote(layer)))
                    .setCaps(
                        List.of(
                            new GroupCap(Pattern.quote(capped.id()), 0.2),
                            new GroupCap(Pattern.quote(untouched.id()), 0.0)))
                    .build())
            .build();

    PruningCompleted completed = only(pipeline().run(request, 1), PruningCompleted.class);

    assertThat(completed.getGoalMet()).isTrue();
    Map<String, List<Integer>> kept =
        PruningPlanFile.read(Files.readString(out.resolve("pruning-plan.json"))).kept();
    assertThat(kept).doesNotContainKey(excluded.id());
    assertThat(kept.getOrDefault(untouched.id(), List.of())).hasSize(untouched.width());
    assertThat(kept.get(capped.id())).hasSizeGreaterThanOrEqualTo(capped.width() * 4 / 5);
    for (ChannelGroup group : all) {
      if (kept.containsKey(group.id())) {
        int width = kept.get(group.id()).size();
        assertThat(width).as(group.id()).isGreaterThanOrEqualTo(8);
        assertThat(width).as(group.id()).isGreaterThanOrEqualTo((int) (0.3 * group.width()));
        assertThat(width == group.width() || width % 4 == 0).as(group.id()).isTrue();
      }
    }
  }

  @Test
  void repeatedDeliveryChangesNothing() {
    PruningRequest request =
        DemoRequests.request("once", DemoRequests.MODEL, temp.resolve("once"))
            .setCriterion(Criterion.L2)
            .build();
    List<SpecificRecord> events = pipeline().run(request, 3);
    assertThat(all(events, PruningCompleted.class)).hasSize(1);
    List<CandidateProposed> first = all(events, CandidateProposed.class);
    List<CandidateProposed> again = all(pipeline().run(request, 1), CandidateProposed.class);
    assertThat(first)
        .as("the same request proposes the same candidates")
        .extracting(c -> c.getCandidateId() + c.getPlan().getSha256())
        .containsExactlyElementsOf(
            again.stream().map(c -> c.getCandidateId() + c.getPlan().getSha256()).toList());
  }

  /** Every event twice: the shards, and what follows when all are there, are done again. */
  @Test
  void curvatureInShardsEndsInTheSameNetwork() {
    CalibrationSettings whole =
        CalibrationSettings.newBuilder()
            .setSamples(64)
            .setBatchSize(16)
            .setAnchorSamples(100)
            .build();
    PruningRequest.Builder request =
        DemoRequests.request("shards", DemoRequests.MODEL, temp.resolve("out"))
            .setSearch(SearchSettings.newBuilder().setRounds(1).setCandidatesPerRound(1).build())
            .setRecovery(RecoverySettings.newBuilder().setCompensation(Compensation.OBS).build());
    List<SpecificRecord> expected = pipeline().run(request.setCalibration(whole).build(), 1);
    List<SpecificRecord> events =
        pipeline()
            .run(
                request
                    .setCalibration(CalibrationSettings.newBuilder(whole).setShards(3).build())
                    .build(),
                2);

    assertThat(all(events, CurvatureRequested.class)).hasSize(3);
    assertThat(all(events, CurvatureSummed.class))
        .as("delivered work is done again, and its answer is the same")
        .hasSize(6)
        .extracting(e -> e.getShardId() + " " + e.getSums().getSha256())
        .satisfies(sums -> assertThat(Set.copyOf(sums)).hasSize(3));
    assertThat(all(events, SensitivityRequested.class)).hasSize(1);
    SensitivityMeasured measured = all(events, SensitivityMeasured.class).get(0);
    SensitivityMeasured one = only(expected, SensitivityMeasured.class);
    assertThat(measured.getWarnings()).isEqualTo(one.getWarnings());
    assertThat(measured.getOrigins()).isEqualTo(one.getOrigins()).isNotEmpty();
    assertThat(measured.getInputFactors()).isNotNull();
    assertThat(only(events, PruningCompleted.class).getGoalMet()).isTrue();
    assertThat(all(events, CandidateProposed.class))
        .extracting(c -> c.getPlan().getSha256())
        .as("the same channels stay")
        .containsExactlyElementsOf(
            all(expected, CandidateProposed.class).stream()
                .map(c -> c.getPlan().getSha256())
                .toList());
  }

  @ParameterizedTest
  @EnumSource(AllocationMethod.class)
  void everyMethodMeetsAParameterTarget(AllocationMethod method) {
    PruningRequest request =
        DemoRequests.request("parameters-" + method, DemoRequests.MODEL, temp.resolve("out"))
            .setMethod(method)
            .setCriterion(Criterion.L1)
            .setData(DemoRequests.data().setTrain(DemoRequests.slice("train", 300)).build())
            .setBaseline(BaselineSettings.newBuilder().setSteps(5).build())
            .setTarget(
                PruningTarget.newBuilder()
                    .setMetric(TargetMetric.PARAMETERS)
                    .setRelative(true)
                    .setValue(0.4)
                    .build())
            .build();
    PruningCompleted completed = only(pipeline().run(request, 1), PruningCompleted.class);
    assertThat(completed.getGoalMet()).isTrue();
    assertThat(completed.getPruned().getParameters())
        .isLessThanOrEqualTo((long) (0.4 * completed.getDense().getParameters()));
  }

  /** Weights that a method trains before the cut are what is cut, and go on into the result. */
  @Test
  void weightsTrainedJointlyWithMasksAreNotLost() {
    PruningRequest request =
        DemoRequests.request("joint", DemoRequests.MODEL, temp.resolve("out"))
            .setMethod(AllocationMethod.JTP)
            .setCriterion(Criterion.L2)
            .setData(DemoRequests.data().setTrain(DemoRequests.slice("train", 300)).build())
            .setBaseline(BaselineSettings.newBuilder().setSteps(5).build())
            .setRecovery(RecoverySettings.newBuilder().setCompensation(Compensation.NONE).build())
            .build();
    InMemoryPipeline pipeline = pipeline();
    List<SpecificRecord> events = pipeline.run(request, 2);
    PruningCompleted completed = only(events, PruningCompleted.class);
    assertThat(completed.getGoalMet()).isTrue();
    CandidateProposed winner = only(events, CandidateProposed.class);
    Graph trained = OnnxReader.read(pipeline.fetch(winner.getModel()));
    Graph cut =
        Surgeon.cut(
            trained,
            DependencyGraph.of(trained),
            PruningPlanFile.read(read(pipeline.fetch(winner.getPlan()))));
    Graph result = OnnxReader.read(pipeline.fetch(completed.getModel()));
    assertThat(result.initializers()).isEqualTo(cut.initializers());
    assertThat(trained.initializers())
        .isNotEqualTo(OnnxReader.read(DemoRequests.MODEL).initializers());
    assertThat(completed.getWarnings()).anyMatch(w -> w.contains("trained before"));

    CandidateProposed again = only(pipeline().run(request, 1), CandidateProposed.class);
    assertThat(again.getModel().getSha256()).isEqualTo(winner.getModel().getSha256());
    assertThat(again.getPlan().getSha256()).isEqualTo(winner.getPlan().getSha256());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same search under another target: what was measured is judged anew, not measured again. */
  @Test
  void aSearchIsTakenUpFromItsLogUnderAnotherTarget() {
    Path out = temp.resolve("first");
    PruningRequest first = rspar("first", out, 2).build();
    List<SpecificRecord> events = pipeline().run(first, 1);
    only(events, PruningCompleted.class);
    assertThat(explored(events)).isEqualTo(6);

    SearchSettings reuse =
        SearchSettings.newBuilder()
            .setRounds(0)
            .setReuse(DemoRequests.ref(out.resolve("search-log.json")))
            .build();
    PruningRequest second =
        rspar("second", temp.resolve("second"), 0)
            .setTarget(DemoRequests.macs(0.7))
            .setSearch(reuse)
            .build();
    List<SpecificRecord> reused = pipeline().run(second, 1);
    PruningCompleted completed = only(reused, PruningCompleted.class);
    assertThat(explored(reused)).as("nothing is measured but the winner").isZero();
    assertThat(completed.getGoalMet()).isTrue();
    assertThat(all(reused, CandidateProposed.class).get(0).getPlan().getSha256())
        .as("the winner is one of the candidates that the log holds")
        .isIn(
            all(events, CandidateProposed.class).stream()
                .map(c -> c.getPlan().getSha256())
                .toList());

    PruningRequest elsewhere =
        rspar("third", temp.resolve("third"), 0)
            .setData(
                DemoRequests.data().setValidation(DemoRequests.slice("validation", 100)).build())
            .setSearch(reuse)
            .build();
    assertThat(only(pipeline().run(elsewhere, 1), PruningFailed.class).getMessage())
        .contains("other calibration or validation data");
  }

  private static PruningRequest.Builder rspar(String id, Path out, int rounds) {
    return DemoRequests.request(id, DemoRequests.MODEL, out)
        .setMethod(AllocationMethod.R_SPAR)
        .setCriterion(Criterion.L2)
        .setSearch(SearchSettings.newBuilder().setRounds(rounds).setCandidatesPerRound(3).build());
  }

  private static long explored(List<SpecificRecord> events) {
    return all(events, CandidateEvaluated.class).stream()
        .filter(e -> e.getPurpose() == Purpose.EXPLORATION)
        .count();
  }

  @Test
  void withoutAMeterAnEnergyTargetFailsAndSaysWhy() {
    Assumptions.assumeFalse(Files.exists(Powercap.SYSFS), "this machine has a meter");
    PruningRequest request =
        DemoRequests.request("energy", DemoRequests.MODEL, temp.resolve("out"))
            .setCriterion(Criterion.L1)
            .setTarget(
                PruningTarget.newBuilder()
                    .setMetric(TargetMetric.ENERGY)
                    .setRelative(true)
                    .setValue(0.8)
                    .build())
            .build();
    PruningFailed failed = only(pipeline().run(request, 1), PruningFailed.class);
    assertThat(failed.getReason()).isEqualTo(FailureReason.NO_ENERGY_METER);
    assertThat(failed.getMessage()).contains("/sys/class/powercap does not exist");
    assertThat(failed.getRemedy()).contains("latency target");
  }

  @Test
  void theFastestNetworkWithinALossOfAccuracyIsJudgedByTheLoss() {
    PruningRequest request =
        DemoRequests.request("loss", DemoRequests.MODEL, temp.resolve("out"))
            .setCriterion(Criterion.L1)
            .setTarget(
                PruningTarget.newBuilder()
                    .setMetric(TargetMetric.ACCURACY_LOSS)
                    .setRelative(false)
                    .setValue(0.2)
                    .build())
            .build();
    PruningCompleted completed = only(pipeline().run(request, 1), PruningCompleted.class);
    double loss = completed.getDense().getAccuracy() - completed.getPruned().getAccuracy();
    assertThat(completed.getPruned().getMacs()).isLessThan(completed.getDense().getMacs());
    assertThat(completed.getGoalMet() && loss > 0.2).as("met although too much is lost").isFalse();
  }

  @Test
  void aLatencyTargetIsJudgedByMeasuredLatency() {
    PruningRequest request =
        DemoRequests.request("latency", DemoRequests.MODEL, temp.resolve("out"))
            .setCriterion(Criterion.L1)
            .setTarget(
                PruningTarget.newBuilder()
                    .setMetric(TargetMetric.LATENCY)
                    .setRelative(true)
                    .setValue(0.8)
                    .build())
            .build();
    List<SpecificRecord> events = pipeline().run(request, 1);
    PruningCompleted completed = only(events, PruningCompleted.class);
    CandidateEvaluated winner =
        all(events, CandidateEvaluated.class).stream()
            .filter(e -> e.getPurpose() == Purpose.FINAL)
            .findFirst()
            .orElseThrow();
    assertThat(completed.getGoalMet()).isEqualTo(winner.getLatency().getRatio() <= 0.8);
    assertThat(all(events, CandidateProposed.class))
        .filteredOn(c -> c.getPurpose() == Purpose.EXPLORATION)
        .hasSize(2)
        .as("budgets are spread, because MACs do not tell the latency")
        .extracting(CandidateProposed::getExpectedMacs)
        .doesNotHaveDuplicates();
  }

  private static void assertInterpreterEqualsOnnxRuntime(Graph graph) throws Exception {
    float[] pixels = new float[2 * 28 * 28];
    Random random = new Random(7);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextGaussian();
    }
    float[] expected;
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(OnnxWriter.toBytes(graph));
        OnnxTensor input =
            OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(pixels), new long[] {2, 1, 28, 28});
        OrtSession.Result result =
            session.run(Map.of(session.getInputNames().iterator().next(), input))) {
      FloatBuffer buffer = ((OnnxTensor) result.get(0)).getFloatBuffer();
      expected = new float[buffer.remaining()];
      buffer.get(expected);
    }
    try (var manager = Torch.newManager();
        Network network = Network.load(graph)) {
      float[] actual =
          network
              .forward(manager.create(pixels, new ai.djl.ndarray.types.Shape(2, 1, 28, 28)))
              .toFloatArray();
      assertThat(actual).containsExactly(expected, within(1e-4f));
    }
  }

  private InMemoryPipeline pipeline() {
    return new InMemoryPipeline(temp.resolve("store"));
  }

  private static <T> T only(List<SpecificRecord> events, Class<T> type) {
    List<T> found = all(events, type);
    assertThat(found).as("%s in %s", type.getSimpleName(), last(events)).hasSize(1);
    return found.get(0);
  }

  private static SpecificRecord last(List<SpecificRecord> events) {
    return events.get(events.size() - 1);
  }

  private static <T> List<T> all(List<SpecificRecord> events, Class<T> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }
}
