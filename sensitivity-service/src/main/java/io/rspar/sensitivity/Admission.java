package io.rspar.sensitivity;

import io.rspar.events.ArtifactRef;
import io.rspar.events.BaselineSettings;
import io.rspar.events.Compensation;
import io.rspar.events.Criterion;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.SearchSettings;
import io.rspar.events.TargetMetric;
import io.rspar.events.topic.Topic;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.ModelChecks;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.cost.CostModel;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.data.DataRole;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.failure.WorkException;
import io.rspar.kit.model.CutRules;
import io.rspar.runtime.Network;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import io.rspar.sensitivity.criterion.Criteria;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Decides whether a request can be served, before hours of work: everything that it names is taken
 * into the store and looked at, so that a bad input fails here, with its cause.
 */
public final class Admission {
  /** Seconds: a measurement holds its partition. */
  private static final double LONGEST_SPREAD = 600;

  private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private final ArtifactStore store;
  private final RequestData data;

  public Admission(ArtifactStore store, RequestData data) {
    this.store = store;
    this.data = data;
  }

  /**
   * An admitted request.
   *
   * @param request every artifact stored, with checksum and size
   * @param calibration calibration examples
   * @param validation held-out examples, if the request has any
   */
  public record Admitted(
      PruningRequest request,
      Graph graph,
      DependencyGraph groups,
      Cost cost,
      Dataset calibration,
      Optional<Dataset> validation,
      List<String> warnings) {}

  /**
   * Takes a request in.
   *
   * @throws io.rspar.kit.failure.WorkException naming what cannot be used and what to do
   */
  public Admitted admit(PruningRequest asked) {
    requireSound(asked);
    if (asked.getOutput() != null) {
      store.checkWritable(outputDirectory(asked.getOutput()));
    }
    PruningRequest request =
        PruningRequest.newBuilder(asked)
            .setModel(store.admit(asked.getModel()))
            .setData(stored(asked.getData()))
            .setSearch(stored(asked.getSearch()))
            .build();
    Graph graph = readModel(request.getModel(), asked.getModel().getUri());
    requireFit(request, graph);
    Admitted admitted = open(request, graph);
    requireGroups(admitted.groups());
    requireReachable(request, graph, admitted.groups());
    requireBatches(request, admitted.calibration());
    return admitted;
  }

  /** Opens again what an admitted request names. */
  public Admitted open(PruningRequest admitted) {
    return open(admitted, readModel(admitted.getModel(), admitted.getModel().getUri()));
  }

  private Admitted open(PruningRequest request, Graph graph) {
    Dataset calibration = data.open(request.getData(), DataRole.CALIBRATION);
    List<String> warnings = new ArrayList<>();
    if (calibration.size() < request.getCalibration().getSamples()) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%,d calibration examples were asked for, %,d are there.",
              request.getCalibration().getSamples(),
              calibration.size()));
    }
    Optional<Dataset> validation =
        DataRole.VALIDATION
            .of(request.getData())
            .map(slice -> data.open(request.getData(), DataRole.VALIDATION));
    return new Admitted(
        request,
        graph,
        CutRules.groups(graph, request.getConstraints()),
        Cost.of(graph),
        calibration,
        validation,
        warnings);
  }

  private static void requireSound(PruningRequest request) {
    require(
        REQUEST_ID.matcher(request.getRequestId()).matches(),
        "the request id '" + request.getRequestId() + "' is not usable",
        "use 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit");
    PruningTarget target = request.getTarget();
    double value = target.getValue();
    require(
        Double.isFinite(value) && value > 0 && !(target.getRelative() && value >= 1),
        "the target " + value + " is not usable",
        target.getRelative()
            ? "give a fraction of the original between 0 and 1 (50 % is 0.5)"
            : "give a positive number");
    require(
        request.getRecovery().getEpochs() >= 0
            && Double.isFinite(request.getRecovery().getEpochs()),
        "recovery.epochs is " + request.getRecovery().getEpochs(),
        "give a number of 0 or more");
    require(
        request.getRecovery().getEpochs() == 0 || request.getData().getTrain() != null,
        "fine-tuning is asked for but there is no training data",
        "add data.train, or set recovery.epochs to 0");
    boolean trains =
        switch (request.getMethod()) {
          case JTP, BI_LEVEL, STRUCT_ALIGN -> true;
          default -> false;
        };
    require(
        !trains || request.getData().getTrain() != null,
        "method " + request.getMethod() + " trains before the cut but there is no training data",
        "add data.train, or choose another method");
    require(
        target.getMetric() != TargetMetric.ACCURACY_LOSS || (value < 1 && !target.getRelative()),
        "the accuracy loss " + value + " is not usable",
        "give a share of examples below 1 (1 point is 0.01)");
    Integer rounds = request.getSearch().getRounds();
    require(rounds == null || rounds >= 0, "search.rounds is " + rounds, "give 0 or more");
    Integer candidates = request.getSearch().getCandidatesPerRound();
    require(
        candidates == null || candidates > 0,
        "search.candidatesPerRound is " + candidates,
        "give a positive whole number");
    requirePositive("calibration.samples", request.getCalibration().getSamples());
    require(
        request.getCalibration().getAnchorSamples() >= 0,
        "calibration.anchorSamples is " + request.getCalibration().getAnchorSamples(),
        "give a whole number of 0 or more");
    require(
        request.getCalibration().getExpansionSamples() >= 0,
        "calibration.expansionSamples is " + request.getCalibration().getExpansionSamples(),
        "give a whole number of 0 or more");
    require(
        request.getRecovery().getCompensation() != Compensation.OBS
            || request.getCriterion() == Criterion.H_OBS,
        "recovery.compensation obs needs the factors of the criterion h-obs, not "
            + request.getCriterion(),
        "set criterion to h-obs, or recovery.compensation to least-squares");
    requirePositive("calibration.factorLimit", request.getCalibration().getFactorLimit());
    requirePositive("calibration.batchSize", request.getCalibration().getBatchSize());
    int shards = request.getCalibration().getShards();
    require(
        shards > 0 && shards <= Topic.PARTITIONS,
        "calibration.shards is " + shards,
        "give a whole number from 1 to " + Topic.PARTITIONS);
    requirePositive("recovery.batchSize", request.getRecovery().getBatchSize());
    requirePositive("recovery.compensationSamples", request.getRecovery().getCompensationSamples());
    requirePositive(
        "recovery.recalibrationSamples", request.getRecovery().getRecalibrationSamples());
    requireUsable(request.getBaseline());
    requirePositive("measurement.threads", request.getMeasurement().getThreads());
    requirePositive("measurement.batchSize", request.getMeasurement().getBatchSize());
    requirePositive("measurement.samples", request.getMeasurement().getSamples());
    double spread = request.getMeasurement().getSpreadSeconds();
    require(
        spread >= 0 && spread <= LONGEST_SPREAD,
        "measurement.spreadSeconds is " + spread,
        "give a number from 0 to " + LONGEST_SPREAD);
    requirePositive("constraints.channelMultiple", request.getConstraints().getChannelMultiple());
    requirePositive("constraints.minChannels", request.getConstraints().getMinChannels());
    double maxRatio = request.getConstraints().getMaxRatio();
    require(
        maxRatio > 0 && maxRatio < 1,
        "constraints.maxRatio is " + maxRatio,
        "give a number between 0 and 1");
  }

  private static void requireUsable(BaselineSettings baseline) {
    requirePositive("baseline.steps", baseline.getSteps());
    requirePositive("baseline.weightStepsPerMaskStep", baseline.getWeightStepsPerMaskStep());
    requirePositive("baseline.iterations", Objects.requireNonNullElse(baseline.getIterations(), 1));
    requireWeight("baseline.alignmentWeight", baseline.getAlignmentWeight());
    requireWeight("baseline.costWeight", Objects.requireNonNullElse(baseline.getCostWeight(), 0.0));
    requireWeight(
        "baseline.maskLearningRate",
        Objects.requireNonNullElse(baseline.getMaskLearningRate(), 0.0));
  }

  private static void requireWeight(String field, double value) {
    require(
        value >= 0 && Double.isFinite(value),
        field + " is " + value,
        "give a finite number of 0 or more");
  }

  private static void requirePositive(String field, int value) {
    require(value > 0, field + " is " + value, "give a positive whole number");
  }

  private static void require(boolean holds, String message, String remedy) {
    if (!holds) {
      throw new WorkException(FailureReason.INVALID_REQUEST, message, remedy);
    }
  }

  private static URI outputDirectory(String output) {
    try {
      return URI.create(output);
    } catch (IllegalArgumentException e) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "output: '" + output + "' is no URI",
          "give the URI of a folder, file:///results for instance",
          e);
    }
  }

  private DataSpec stored(DataSpec asked) {
    return DataSpec.newBuilder(asked)
        .setCalibration(stored(asked.getCalibration()))
        .setTrain(stored(asked.getTrain()))
        .setValidation(stored(asked.getValidation()))
        .setTest(stored(asked.getTest()))
        .build();
  }

  private SearchSettings stored(SearchSettings asked) {
    return asked.getReuse() == null
        ? asked
        : SearchSettings.newBuilder(asked).setReuse(store.admit(asked.getReuse())).build();
  }

  private DataSlice stored(DataSlice asked) {
    return asked == null
        ? null
        : DataSlice.newBuilder(asked)
            .setFiles(asked.getFiles().stream().map(store::admit).toList())
            .build();
  }

  /** A stored file has no name; the user knows the model by where it came from. */
  private Graph readModel(ArtifactRef stored, String userUri) {
    Path file = store.fetch(stored);
    try {
      Graph graph = OnnxReader.read(file);
      ModelChecks.requireFiniteWeights(graph);
      return graph;
    } catch (InvalidModelException e) {
      throw new InvalidModelException(
          e.kind(), e.getMessage().replace(file.toString(), userUri), e.remedy(), e);
    }
  }

  private void requireFit(PruningRequest request, Graph graph) {
    try (Network network = Network.load(graph)) {
      for (DataRole role : DataRole.values()) {
        if (role.of(request.getData()).isPresent()) {
          Dataset examples = data.open(request.getData(), role);
          network.inputs().requireFit(examples);
          examples.requireLabelsBelow(network.classes());
        }
      }
    }
  }

  /** A shard is made of whole batches. */
  private static void requireBatches(PruningRequest request, Dataset calibration) {
    int samples = Math.min(request.getCalibration().getSamples(), calibration.size());
    int batchSize = request.getCalibration().getBatchSize();
    int batches = Batches.sequential(samples, batchSize).count();
    int shards = request.getCalibration().getShards();
    require(
        shards <= batches || !Criteria.isShared(request.getCriterion()),
        "calibration.shards is %d, but %d examples in batches of %d are only %d batches"
            .formatted(shards, samples, batchSize, batches),
        "give at most " + batches + ", or a smaller calibration.batchSize");
  }

  private static void requireGroups(DependencyGraph groups) {
    if (groups.groups().isEmpty()) {
      String reasons =
          groups.frozen().stream()
              .map(f -> f.reason())
              .distinct()
              .limit(3)
              .reduce((a, b) -> a + "; " + b)
              .orElse("it has no weights");
      throw new WorkException(
          FailureReason.NOTHING_TO_PRUNE,
          "no channel of the model can be removed: " + reasons,
          "look at the frozen axes with 'rspar inspect', or relax constraints.exclude");
    }
  }

  /** Other costs can only be measured; what MACs and parameters can reach is counted here. */
  private static void requireReachable(
      PruningRequest request, Graph graph, DependencyGraph groups) {
    PruningTarget target = request.getTarget();
    if (target.getMetric() != TargetMetric.MACS && target.getMetric() != TargetMetric.PARAMETERS) {
      return;
    }
    boolean macs = target.getMetric() == TargetMetric.MACS;
    int[] smallest =
        groups.groups().stream()
            .mapToInt(g -> CutRules.allowedWidths(g, request.getConstraints())[0])
            .toArray();
    CostModel model = CostModel.of(graph, groups);
    Cost dense = Cost.of(graph);
    long least = macs ? model.macs(smallest) : model.parameters(smallest);
    long full = macs ? dense.macs() : dense.parameters();
    double limit = target.getRelative() ? target.getValue() * full : target.getValue();
    if (least > limit) {
      throw new WorkException(
          FailureReason.TARGET_UNREACHABLE,
          String.format(
              Locale.ROOT,
              "the target of %,.0f %s cannot be reached: with every group at its smallest allowed"
                  + " width %,d of %,d remain (%.1f %%)",
              limit,
              macs ? "MACs" : "parameters",
              least,
              full,
              100.0 * least / full),
          "raise the target, or relax constraints.maxRatio, minChannels, channelMultiple or exclude");
    }
    require(
        limit < full,
        String.format(
            Locale.ROOT, "the target of %,.0f is not below the original's %,d", limit, full),
        "give a smaller target");
  }
}
