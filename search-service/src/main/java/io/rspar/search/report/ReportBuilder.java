package io.rspar.search.report;

import io.rspar.events.AccuracyMeasurement;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.Criterion;
import io.rspar.events.DataSlice;
import io.rspar.events.LatencyComparison;
import io.rspar.events.LatencyMeasurement;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.StageAccuracy;
import io.rspar.events.TargetMetric;
import io.rspar.events.Validity;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.coupling.FrozenAxis;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.SensitivityReport;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Assembles a report from the events of a request. */
final class ReportBuilder {
  private static final double NANOS_PER_MILLI = 1e6;

  /** Enough for a curve to look like one, few enough for a report of a wide network. */
  static final int CURVE_POINTS = 65;

  private static final Set<Criterion> SCORES_WITHOUT_UNIT =
      EnumSet.of(
          Criterion.ACTIVATION, Criterion.BN_SCALE, Criterion.L1, Criterion.L2, Criterion.RANDOM);

  private final SensitivityMeasured measured;
  private final CandidateEvaluated winner;

  ReportBuilder(SensitivityMeasured measured, CandidateEvaluated winner) {
    this.measured = measured;
    this.winner = winner;
  }

  Report build(
      Collection<CandidateEvaluated> evaluated,
      Graph graph,
      DependencyGraph dependencies,
      SensitivityReport sensitivity,
      PruningPlan plan,
      Instant completedAt) {
    PruningRequest request = measured.getRequest();
    return new Report(
        measured.getRequestId(),
        model(request, graph),
        goal(request.getTarget()),
        dense(),
        pruned(),
        steps(),
        latency(winner.getLatency()),
        dependencies.groups().stream()
            .map(g -> layer(sensitivity.group(g.id()), plan.kept().get(g.id()).size()))
            .toList(),
        frozen(dependencies),
        evaluated.stream()
            .map(e -> candidate(e, evaluated.stream().noneMatch(other -> dominates(other, e))))
            .toList(),
        warnings(),
        provenance(request, completedAt));
  }

  private Report.Model model(PruningRequest request, Graph graph) {
    String stored = request.getModel().getUri();
    String uri = measured.getOrigins().getOrDefault(request.getModel().getSha256(), stored);
    String file = uri.substring(uri.lastIndexOf('/') + 1);
    return new Report.Model(
        URLDecoder.decode(file, StandardCharsets.UTF_8).replaceFirst("\\.onnx$", ""),
        graph.inputs().get(0).shape().toString());
  }

  private Report.Layer layer(GroupSensitivity group, int kept) {
    int width = group.width();
    int steps = Math.min(width, CURVE_POINTS - 1);
    return new Report.Layer(
        group.group(),
        width,
        kept,
        group.curve()[width - kept],
        SCORES_WITHOUT_UNIT.contains(measured.getRequest().getCriterion()) ? "score" : "nats",
        IntStream.rangeClosed(0, steps)
            .map(i -> (int) Math.round((double) width * i / steps))
            .mapToObj(k -> new Report.CurvePoint(k, group.curve()[width - k]))
            .toList(),
        group.measured().stream().map(m -> new Report.CurvePoint(m.width(), m.nats())).toList());
  }

  private static List<Report.Frozen> frozen(DependencyGraph dependencies) {
    Map<String, List<String>> byCause = new LinkedHashMap<>();
    for (FrozenAxis axis : dependencies.frozen()) {
      byCause
          .computeIfAbsent(axis.node() + ": " + axis.reason(), cause -> new ArrayList<>())
          .add(axis.tensor() + "[" + axis.axis() + "]");
    }
    return byCause.entrySet().stream()
        .map(e -> new Report.Frozen(e.getKey(), List.copyOf(e.getValue())))
        .toList();
  }

  private Report.Goal goal(PruningTarget target) {
    boolean relative = target.getRelative();
    double reached =
        switch (target.getMetric()) {
          case MACS ->
              relative
                  ? (double) winner.getMacs() / measured.getDenseMacs()
                  : (double) winner.getMacs();
          case PARAMETERS ->
              relative
                  ? (double) winner.getParameters() / measured.getDenseParameters()
                  : (double) winner.getParameters();
          case LATENCY ->
              relative
                  ? winner.getLatency().getRatio()
                  : winner.getLatency().getPruned().getP50Nanos() / NANOS_PER_MILLI;
          case ENERGY ->
              relative ? winner.getEnergy().getRatio() : winner.getEnergy().getPrunedMillijoules();
          case ACCURACY_LOSS -> winner.getDenseAccuracy().getTop1() - last(winner).getTop1();
        };
    boolean timed =
        target.getMetric() == TargetMetric.LATENCY
            || target.getMetric() == TargetMetric.ACCURACY_LOSS;
    boolean valid = !timed || winner.getLatency().getValidity() == Validity.VALID;
    return new Report.Goal(
        target.getMetric().name(),
        relative,
        target.getValue(),
        reached,
        valid && reached <= target.getValue());
  }

  private Report.Measures dense() {
    return new Report.Measures(
        winner.getDenseAccuracy().getTop1(),
        winner.getDenseAccuracy().getLossNats(),
        measured.getDenseMacs(),
        measured.getDenseParameters(),
        winner.getDenseModelBytes(),
        winner.getLatency().getDense().getP50Nanos());
  }

  private Report.Measures pruned() {
    AccuracyMeasurement last = last(winner);
    return new Report.Measures(
        last.getTop1(),
        last.getLossNats(),
        winner.getMacs(),
        winner.getParameters(),
        winner.getModelBytes(),
        winner.getLatency().getPruned().getP50Nanos());
  }

  private static AccuracyMeasurement last(CandidateEvaluated candidate) {
    return candidate.getStages().get(candidate.getStages().size() - 1).getAccuracy();
  }

  private List<Report.Step> steps() {
    List<Report.Step> steps = new ArrayList<>();
    steps.add(step("DENSE", winner.getDenseAccuracy()));
    for (StageAccuracy stage : winner.getStages()) {
      steps.add(step(stage.getStage().name(), stage.getAccuracy()));
    }
    return steps;
  }

  private static Report.Step step(String stage, AccuracyMeasurement accuracy) {
    return new Report.Step(
        stage,
        accuracy.getTop1(),
        accuracy.getLossNats(),
        accuracy.getSamples(),
        accuracy.getRole());
  }

  private static Report.Latency latency(LatencyComparison c) {
    return new Report.Latency(
        spread(c.getDense()),
        spread(c.getPruned()),
        c.getRatio(),
        c.getRatioLow(),
        c.getRatioHigh(),
        c.getValidity(),
        c.getInvalidReason(),
        c.getRuntime(),
        c.getDeviceClass(),
        c.getDevice(),
        c.getThreads(),
        c.getBatchSize(),
        c.getWarmup(),
        c.getDisturbedSessions());
  }

  private static Report.Spread spread(LatencyMeasurement m) {
    return new Report.Spread(
        m.getP50Nanos(),
        m.getP90Nanos(),
        m.getP99Nanos(),
        m.getMeanNanos(),
        m.getStdNanos(),
        m.getSamples(),
        List.copyOf(m.getVigintilesNanos()));
  }

  /**
   * Whether a candidate is as accurate and as fast as another on the same data, and better once.
   */
  private static boolean dominates(CandidateEvaluated a, CandidateEvaluated b) {
    double accuracy = last(a).getTop1() - last(b).getTop1();
    double latency = a.getLatency().getRatio() - b.getLatency().getRatio();
    return last(a).getRole().equals(last(b).getRole())
        && accuracy >= 0
        && latency <= 0
        && (accuracy > 0 || latency < 0);
  }

  private Report.Candidate candidate(CandidateEvaluated e, boolean pareto) {
    return new Report.Candidate(
        e.getCandidateId(),
        e.getRound(),
        e.getPurpose().name(),
        last(e).getRole(),
        last(e).getTop1(),
        (double) e.getMacs() / measured.getDenseMacs(),
        (double) e.getParameters() / measured.getDenseParameters(),
        e.getLatency().getRatio(),
        e.getEnergy() == null ? null : e.getEnergy().getRatio(),
        e.getReward(),
        pareto);
  }

  private List<String> warnings() {
    Set<String> warnings = new LinkedHashSet<>(measured.getWarnings());
    warnings.addAll(winner.getWarnings());
    if (winner.getLatency().getInvalidReason() != null) {
      warnings.add(
          "The latency measurement is INVALID: " + winner.getLatency().getInvalidReason() + ".");
    }
    return List.copyOf(warnings);
  }

  private Report.Provenance provenance(PruningRequest request, Instant completedAt) {
    Stream<DataSlice> slices =
        Stream.of(
                Optional.of(request.getData().getCalibration()),
                Optional.ofNullable(request.getData().getTrain()),
                Optional.of(request.getData().getValidation()),
                Optional.of(request.getData().getTest()))
            .flatMap(Optional::stream);
    String version = getClass().getPackage().getImplementationVersion();
    return new Report.Provenance(
        ReproducibleRequest.COMMAND,
        request.getModel().getSha256(),
        winner.getModel().getSha256(),
        slices
            .flatMap(s -> s.getFiles().stream())
            .map(ArtifactRef::getSha256)
            .filter(Objects::nonNull)
            .distinct()
            .toList(),
        request.getMethod().name(),
        request.getCriterion().name(),
        request.getSeed(),
        measured.getSamplesUsed(),
        version == null ? "development" : version,
        System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        winner.getLatency().getDevice(),
        request.getSubmittedAt().toString(),
        completedAt.toString());
  }
}
