package io.rspar.search.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.rspar.events.AccuracyMeasurement;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.EnergyComparison;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningRequest;
import io.rspar.events.Purpose;
import io.rspar.events.RecoverySettings;
import io.rspar.events.StageAccuracy;
import io.rspar.events.TargetMetric;
import io.rspar.graph.surgery.PruningPlanFile;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.failure.WorkException;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.search.strategy.Measured;
import java.io.IOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * What candidates measured, from this request's events and from the log of an earlier one ({@code
 * search-log.json}). A log holds accuracy and cost apart and no reward, so that a request with
 * another target can judge it anew; it holds too what the measurements depend on, because under
 * other conditions they would mean nothing.
 */
final class MeasurementLog {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final double NANOS_PER_MILLI = 1e6;

  /** Round of a candidate that another request proposed. */
  private static final int REUSED = -1;

  /**
   * The content of {@code search-log.json}.
   *
   * @param conditions what the measurements depend on
   * @param groups ids of the groups, in network order
   */
  record LogFile(Conditions conditions, List<String> groups, List<Entry> candidates) {}

  /**
   * What measurements depend on.
   *
   * @param model checksum of the original, or of its trained weights where the method trains them
   * @param data how examples are read, with the checksums of the validation and calibration files
   * @param recovery how candidates are repaired before they are measured
   * @param measurement how they are timed
   */
  record Conditions(String model, String data, String recovery, String measurement) {}

  /**
   * One measured candidate.
   *
   * @param plan checksum of pruning-plan.json: which channels stay
   * @param lossNats mean cross-entropy (nats); null in logs of older versions, as the next two are
   */
  record Entry(
      String plan,
      List<Integer> widths,
      double accuracy,
      double denseAccuracy,
      Double lossNats,
      Double denseLossNats,
      Integer examples,
      double latencyRatio,
      double denseMillis,
      Double energyRatio,
      Double denseMillijoules) {}

  private final ArtifactStore store;
  private final PruningRequest request;
  private final PrunableNetwork network;
  private final ArtifactRef uncut;
  private final List<Entry> reused;

  /**
   * @param uncut the model that candidates are cut from
   * @throws WorkException if the log to reuse was measured under other conditions
   */
  MeasurementLog(
      ArtifactStore store, PruningRequest request, PrunableNetwork network, ArtifactRef uncut)
      throws IOException {
    this.store = store;
    this.request = request;
    this.network = network;
    this.uncut = uncut;
    this.reused = reused();
  }

  /** Everything known: what the earlier request measured first, then this one's, in order. */
  List<Measured> of(Collection<CandidateEvaluated> evaluated) throws IOException {
    List<Measured> measured = new ArrayList<>();
    for (Entry entry : reused) {
      measured.add(measured(entry, REUSED, measured.size()));
    }
    for (CandidateEvaluated candidate : explored(evaluated)) {
      measured.add(measured(entry(candidate), candidate.getRound(), candidate.getIndex()));
    }
    return measured;
  }

  /** {@code search-log.json} of everything known. */
  byte[] file(Collection<CandidateEvaluated> evaluated) throws IOException {
    List<Entry> entries = new ArrayList<>(reused);
    for (CandidateEvaluated candidate : explored(evaluated)) {
      entries.add(entry(candidate));
    }
    try {
      return MAPPER.writeValueAsBytes(new LogFile(conditions(), groups(), entries));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a log is always serialisable", e);
    }
  }

  /** In the order of proposal: that of arrival is not the same in a replay. */
  private static List<CandidateEvaluated> explored(Collection<CandidateEvaluated> evaluated) {
    return evaluated.stream()
        .filter(e -> e.getPurpose() == Purpose.EXPLORATION)
        .sorted(
            Comparator.comparingInt(CandidateEvaluated::getRound)
                .thenComparingInt(CandidateEvaluated::getIndex))
        .toList();
  }

  private Entry entry(CandidateEvaluated e) throws IOException {
    int[] widths = network.widths(PruningPlanFile.read(Files.readString(store.fetch(e.getPlan()))));
    List<StageAccuracy> stages = e.getStages();
    AccuracyMeasurement last = stages.get(stages.size() - 1).getAccuracy();
    EnergyComparison energy = e.getEnergy();
    return new Entry(
        e.getPlan().getSha256(),
        Arrays.stream(widths).boxed().toList(),
        last.getTop1(),
        e.getDenseAccuracy().getTop1(),
        last.getLossNats(),
        e.getDenseAccuracy().getLossNats(),
        last.getSamples(),
        e.getLatency().getRatio(),
        e.getLatency().getDense().getP50Nanos() / NANOS_PER_MILLI,
        energy == null ? null : energy.getRatio(),
        energy == null ? null : energy.getDenseMillijoules());
  }

  private static Measured measured(Entry entry, int round, int index) {
    return new Measured(
        round,
        index,
        entry.widths().stream().mapToInt(Integer::intValue).toArray(),
        entry.accuracy(),
        entry.denseAccuracy(),
        Objects.requireNonNullElse(entry.lossNats(), Double.NaN),
        Objects.requireNonNullElse(entry.denseLossNats(), Double.NaN),
        Objects.requireNonNullElse(entry.examples(), 0),
        entry.latencyRatio(),
        entry.denseMillis(),
        Objects.requireNonNullElse(entry.energyRatio(), Double.NaN),
        Objects.requireNonNullElse(entry.denseMillijoules(), Double.NaN));
  }

  private List<String> groups() {
    return network.space().groups().stream().map(GroupSensitivity::group).toList();
  }

  /**
   * The earlier request's candidates that are candidates of this one: a plan that this request's
   * scores would not lead to stands for other channels.
   */
  private List<Entry> reused() throws IOException {
    ArtifactRef ref = request.getSearch().getReuse();
    if (ref == null) {
      return List.of();
    }
    LogFile log;
    try {
      log = MAPPER.readValue(Files.readAllBytes(store.fetch(ref)), LogFile.class);
    } catch (JsonProcessingException e) {
      throw refused("is no search log: " + e.getOriginalMessage());
    }
    Conditions now = conditions();
    require(log.conditions().model(), now.model(), "another model");
    require(log.conditions().data(), now.data(), "other calibration or validation data");
    require(log.conditions().recovery(), now.recovery(), "other recovery settings");
    require(log.conditions().measurement(), now.measurement(), "other measurement settings");
    if (!log.groups().equals(groups())) {
      throw refused("was measured with other groups, because constraints.exclude was another");
    }
    boolean metered = request.getTarget().getMetric() == TargetMetric.ENERGY;
    return log.candidates().stream()
        .filter(e -> isAllowed(e.widths()) && e.plan().equals(planOf(e.widths())))
        .filter(e -> !metered || e.energyRatio() != null)
        .toList();
  }

  private boolean isAllowed(List<Integer> widths) {
    return IntStream.range(0, widths.size())
        .allMatch(g -> Arrays.binarySearch(network.space().widths()[g], widths.get(g)) >= 0);
  }

  private String planOf(List<Integer> widths) {
    return sha256(network.plan(widths.stream().mapToInt(Integer::intValue).toArray()));
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static void require(String then, String now, String difference) {
    if (!then.equals(now)) {
      throw refused("was measured with " + difference);
    }
  }

  private static WorkException refused(String why) {
    return new WorkException(
        FailureReason.INVALID_REQUEST,
        "search.reuse: the log " + why,
        "leave search.reuse out, or ask under the conditions of the log");
  }

  private Conditions conditions() {
    DataSpec data = request.getData();
    return new Conditions(
        uncut.getSha256(),
        DataSpec.newBuilder(data)
            .setTrain(null)
            .setTest(named(data.getValidation()))
            .setValidation(named(data.getValidation()))
            .setCalibration(named(data.getCalibration()))
            .build()
            .toString(),
        // Exploration does not fine-tune.
        RecoverySettings.newBuilder(request.getRecovery()).setEpochs(0).build().toString(),
        request.getMeasurement().toString());
  }

  /** A slice named by its content, not by where the store keeps it. */
  private static DataSlice named(DataSlice slice) {
    return DataSlice.newBuilder(slice)
        .setFiles(
            slice.getFiles().stream()
                .map(f -> ArtifactRef.newBuilder(f).setUri("sha256:" + f.getSha256()).build())
                .toList())
        .build();
  }
}
