package io.rspar.search.process;

import io.rspar.events.AllocationMethod;
import io.rspar.events.BaselineSettings;
import io.rspar.events.DataSpec;
import io.rspar.events.FailureReason;
import io.rspar.events.GroupReduction;
import io.rspar.events.PolicySettings;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.Spread;
import io.rspar.events.TargetMetric;
import io.rspar.graph.score.GroupNorm;
import io.rspar.graph.score.GroupNorm.Reduction;
import io.rspar.kit.data.DataRole;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.failure.WorkException;
import io.rspar.runtime.data.Augmentation;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.GlobalThresholdAllocation;
import io.rspar.search.allocation.SearchSpace;
import io.rspar.search.allocation.UniformAllocation;
import io.rspar.search.baseline.Baseline;
import io.rspar.search.baseline.BiLevel;
import io.rspar.search.baseline.DepGraph;
import io.rspar.search.baseline.Jtp;
import io.rspar.search.baseline.StructAlign;
import io.rspar.search.baseline.TrainingData;
import io.rspar.search.baseline.Udfc;
import io.rspar.search.ppo.PpoSettings;
import io.rspar.search.rspar.RsparProposals;
import io.rspar.search.strategy.AccuracyGoal;
import io.rspar.search.strategy.CountedGoal;
import io.rspar.search.strategy.Goal;
import io.rspar.search.strategy.MeasuredGoal;
import io.rspar.search.strategy.Proposals;
import io.rspar.search.strategy.RandomProposals;
import io.rspar.search.strategy.RuleProposals;
import io.rspar.search.strategy.Search;
import io.rspar.search.strategy.SearchEffort;
import io.rspar.search.strategy.SearchTask;
import io.rspar.search.strategy.TemperedProposals;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** What a request's method, target and effort mean: the one place that reads them. */
final class Methods {
  private Methods() {}

  /** A request's search over its network. */
  static Search search(PruningRequest request, SearchSpace space, Proposals proposals) {
    return new Search(
        new SearchTask(space, goal(request.getTarget(), space), effort(request)), proposals);
  }

  /**
   * The budget that a method aims at before anything is measured: the target's where it can be
   * counted, else the middle one of the first round's.
   */
  static AllocationProblem nominal(PruningRequest request, SearchSpace space) {
    Goal goal = goal(request.getTarget(), space);
    List<AllocationProblem> first = goal.limits(space, effort(request), 0, List.of());
    return first.isEmpty() ? goal.finalLimit(space, List.of()) : first.get(first.size() / 2);
  }

  /** How much a request measures; a question to the request alone, no model is read. */
  static SearchEffort effort(PruningRequest request) {
    AllocationMethod method = request.getMethod();
    SearchSettings asked = request.getSearch();
    boolean counted = isCounted(request.getTarget());
    boolean learns = method == AllocationMethod.R_SPAR || method == AllocationMethod.RANDOM_SEARCH;
    if (counted && !learns && method != AllocationMethod.CURVE_OPTIMAL) {
      return SearchEffort.NONE; // one answer, nothing to try
    }
    int rounds = Objects.requireNonNullElse(asked.getRounds(), learns ? 8 : counted ? 1 : 3);
    int candidates = Objects.requireNonNullElse(asked.getCandidatesPerRound(), learns ? 8 : 4);
    return rounds > 0 && candidates > 0 ? new SearchEffort(rounds, candidates) : SearchEffort.NONE;
  }

  private static boolean isCounted(PruningTarget target) {
    return target.getMetric() == TargetMetric.MACS || target.getMetric() == TargetMetric.PARAMETERS;
  }

  static Goal goal(PruningTarget target, SearchSpace space) {
    double value = target.getValue();
    boolean relative = target.getRelative();
    return switch (target.getMetric()) {
      case MACS -> counted(space.macs(), target, space);
      case PARAMETERS -> counted(space.parameters(), target, space);
      case LATENCY -> new MeasuredGoal(MeasuredGoal.Quantity.LATENCY, relative, value);
      case ENERGY -> new MeasuredGoal(MeasuredGoal.Quantity.ENERGY, relative, value);
      case ACCURACY_LOSS -> new AccuracyGoal(value);
    };
  }

  private static Goal counted(ToLongFunction<int[]> cost, PruningTarget target, SearchSpace space) {
    double dense = cost.applyAsLong(space.full());
    double limit = target.getRelative() ? target.getValue() * dense : target.getValue();
    return new CountedGoal(cost, (long) Math.floor(limit));
  }

  /** How a method that is not a baseline chooses widths. */
  static Proposals proposals(PruningRequest request) {
    return switch (request.getMethod()) {
      case UNIFORM -> new RuleProposals(new UniformAllocation());
      case GLOBAL_THRESHOLD -> new RuleProposals(new GlobalThresholdAllocation());
      case CURVE_OPTIMAL -> new TemperedProposals();
      case RANDOM_SEARCH -> new RandomProposals(request.getSeed());
      case R_SPAR ->
          new RsparProposals(
              request.getSeed(),
              ppo(request.getSearch().getPolicy()),
              request.getSearch().getPolicy().getEpisodesPerUpdate());
      case DEPGRAPH, JTP, BI_LEVEL, STRUCT_ALIGN, UDFC ->
          throw new IllegalArgumentException(request.getMethod() + " chooses once it is prepared");
    };
  }

  /**
   * The published method that a request names, if it names one.
   *
   * @param data where a method that trains finds its examples
   * @throws WorkException INVALID_REQUEST if the method cannot be what its settings ask for
   */
  static Optional<Baseline> baseline(PruningRequest request, RequestData data) {
    BaselineSettings asked = request.getBaseline();
    return switch (request.getMethod()) {
      case UNIFORM, GLOBAL_THRESHOLD, CURVE_OPTIMAL, RANDOM_SEARCH, R_SPAR -> Optional.empty();
      case DEPGRAPH -> Optional.of(depGraph(request));
      case JTP ->
          Optional.of(
              new Jtp(
                  training(request, data),
                  Objects.requireNonNullElse(asked.getCostWeight(), 5.0),
                  Objects.requireNonNullElse(asked.getMaskLearningRate(), 0.02)));
      case BI_LEVEL ->
          Optional.of(
              new BiLevel(
                  training(request, data),
                  Objects.requireNonNullElse(asked.getCostWeight(), 2.0),
                  Objects.requireNonNullElse(asked.getMaskLearningRate(), 0.1),
                  asked.getWeightStepsPerMaskStep()));
      case STRUCT_ALIGN ->
          Optional.of(
              new StructAlign(
                  training(request, data),
                  asked.getAlignmentWeight(),
                  Objects.requireNonNullElse(asked.getIterations(), 5)));
      case UDFC -> Optional.of(new Udfc());
    };
  }

  private static DepGraph depGraph(PruningRequest request) {
    int iterations = Objects.requireNonNullElse(request.getBaseline().getIterations(), 1);
    GroupReduction reduction =
        Objects.requireNonNullElse(request.getCalibration().getReduction(), GroupReduction.MEAN);
    Optional<GroupNorm> norm =
        switch (request.getCriterion()) {
          case L1 -> Optional.of(new GroupNorm(1, Reduction.valueOf(reduction.name())));
          case L2 -> Optional.of(new GroupNorm(2, Reduction.valueOf(reduction.name())));
          default -> Optional.empty();
        };
    if (iterations > 1 && norm.isEmpty()) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "baseline.iterations is %d, but the criterion %s is measured once"
              .formatted(iterations, request.getCriterion()),
          "set baseline.iterations to 1, or criterion to l1 or l2");
    }
    return new DepGraph(request.getBaseline().getSpread() == Spread.GLOBAL, iterations, norm);
  }

  private static TrainingData training(PruningRequest request, RequestData data) {
    RecoverySettings recovery = request.getRecovery();
    DataSpec spec = request.getData();
    return new TrainingData(
        data.open(spec, DataRole.TRAIN),
        data.open(spec, DataRole.VALIDATION),
        new Augmentation(spec.getCropPadding(), spec.getHorizontalFlip()),
        request.getBaseline().getSteps(),
        recovery.getBatchSize(),
        recovery.getLearningRate(),
        recovery.getMomentum(),
        recovery.getWeightDecay(),
        recovery.getLabelSmoothing(),
        request.getSeed());
  }

  private static PpoSettings ppo(PolicySettings asked) {
    PpoSettings common = PpoSettings.DEFAULT;
    return new PpoSettings(
        asked.getHiddenUnits(),
        asked.getInitialStd(),
        asked.getLearningRate(),
        asked.getEpochs(),
        asked.getMinibatch(),
        asked.getClip(),
        common.valueWeight(),
        asked.getEntropyWeight(),
        common.maxGradientNorm(),
        asked.getTargetKl(),
        common.discount(),
        asked.getLambda());
  }
}
