package io.rspar.search.process;

import io.rspar.events.AllocationMethod;
import io.rspar.events.FailureReason;
import io.rspar.events.PolicySettings;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.SearchSettings;
import io.rspar.events.TargetMetric;
import io.rspar.kit.failure.WorkException;
import io.rspar.search.allocation.GlobalThresholdAllocation;
import io.rspar.search.allocation.SearchSpace;
import io.rspar.search.allocation.UniformAllocation;
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
import java.util.Objects;
import java.util.function.ToLongFunction;

/** What a request's method, target and effort mean: the one place that reads them. */
final class Methods {
  private Methods() {}

  /** A request's search over its network. */
  static Search search(PruningRequest request, SearchSpace space) {
    return new Search(
        new SearchTask(space, goal(request.getTarget(), space), effort(request)),
        proposals(request));
  }

  /** How much a request measures; a question to the request alone, no model is read. */
  static SearchEffort effort(PruningRequest request) {
    AllocationMethod method = request.getMethod();
    SearchSettings asked = request.getSearch();
    boolean counted = isCounted(request.getTarget());
    boolean rule =
        method == AllocationMethod.UNIFORM || method == AllocationMethod.GLOBAL_THRESHOLD;
    if (rule && counted) {
      return SearchEffort.NONE; // one answer, nothing to try
    }
    boolean learns = method == AllocationMethod.R_SPAR || method == AllocationMethod.RANDOM_SEARCH;
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

  private static Proposals proposals(PruningRequest request) {
    return switch (request.getMethod()) {
      case UNIFORM -> new RuleProposals(new UniformAllocation());
      case GLOBAL_THRESHOLD -> new RuleProposals(new GlobalThresholdAllocation());
      case CURVE_OPTIMAL -> new TemperedProposals();
      case RANDOM_SEARCH -> new RandomProposals(request.getSeed());
      case DEPGRAPH, JTP, BI_LEVEL, STRUCT_ALIGN, UDFC ->
          throw new WorkException(
              FailureReason.INVALID_REQUEST,
              "method " + request.getMethod() + " is not available",
              "choose another method");
      case R_SPAR ->
          new RsparProposals(
              request.getSeed(),
              ppo(request.getSearch().getPolicy()),
              request.getSearch().getPolicy().getEpisodesPerUpdate());
    };
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
