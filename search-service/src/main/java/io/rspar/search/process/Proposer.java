package io.rspar.search.process;

import io.rspar.events.AllocationMethod;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidateProposed;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningTarget;
import io.rspar.events.Purpose;
import io.rspar.events.SearchSettings;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.TargetMetric;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.search.allocation.AllocationPolicy;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.CurveOptimalAllocation;
import io.rspar.search.allocation.GlobalThresholdAllocation;
import io.rspar.search.allocation.UniformAllocation;
import io.rspar.search.strategy.DirectStrategy;
import io.rspar.search.strategy.LatencySearch;
import io.rspar.search.strategy.MeasuredTrial;
import io.rspar.search.strategy.SearchStrategy;
import io.rspar.search.strategy.TemperSearch;
import io.rspar.search.strategy.Trial;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** Turns trials into candidates: widths by the request's policy, channels by their scores. */
final class Proposer {
  private static final String JSON = "application/json";
  private static final double NANOS_PER_MILLI = 1e6;

  private final ArtifactStore store;
  private final Clock clock;
  private final PruningRequest request;
  private final SearchStrategy strategy;
  private final PrunableNetwork network;

  Proposer(ArtifactStore store, Clock clock, SensitivityMeasured measured) throws IOException {
    this.store = store;
    this.clock = clock;
    this.request = measured.getRequest();
    this.strategy = strategy(measured);
    this.network = PrunableNetwork.load(store, request, measured.getSensitivity());
  }

  /** How a request is searched; a question to the events alone, no model is read. */
  static SearchStrategy strategy(SensitivityMeasured measured) {
    PruningRequest request = measured.getRequest();
    PruningTarget target = request.getTarget();
    SearchSettings search = request.getSearch();
    boolean tempered = request.getMethod() == AllocationMethod.CURVE_OPTIMAL;
    if (target.getMetric() == TargetMetric.LATENCY) {
      return new LatencySearch(
          target.getValue(),
          target.getRelative(),
          Math.max(1, search.getRounds()),
          Math.max(2, search.getCandidatesPerRound()),
          tempered);
    }
    long dense =
        target.getMetric() == TargetMetric.PARAMETERS
            ? measured.getDenseParameters()
            : measured.getDenseMacs();
    double budget = target.getRelative() ? target.getValue() : target.getValue() / dense;
    return tempered && search.getRounds() > 0 && search.getCandidatesPerRound() > 0
        ? new TemperSearch(budget, search.getRounds(), search.getCandidatesPerRound())
        : new DirectStrategy(budget);
  }

  /** The candidates of one round. */
  List<CandidateProposed> round(int round, List<CandidateEvaluated> evaluated) {
    List<CandidateProposed> candidates = new ArrayList<>();
    for (Trial trial : strategy.propose(round, measured(round, evaluated))) {
      int index = candidates.size();
      candidates.add(
          candidate(
              CandidateId.of(request.getRequestId(), round, index),
              round,
              index,
              Purpose.EXPLORATION,
              trial));
    }
    return candidates;
  }

  /** The winner, once more, for full recovery. */
  CandidateProposed winner(List<CandidateEvaluated> evaluated) {
    return candidate(
        CandidateId.ofFinal(request.getRequestId()),
        strategy.rounds(),
        0,
        Purpose.FINAL,
        strategy.winner(measured(strategy.rounds(), evaluated)));
  }

  /** Pairs what was measured before a round with the trials that were proposed, in their order. */
  private List<MeasuredTrial> measured(int before, List<CandidateEvaluated> evaluated) {
    List<MeasuredTrial> measured = new ArrayList<>();
    for (int round = 0; round < before; round++) {
      List<Trial> trials = strategy.propose(round, List.copyOf(measured));
      for (int index = 0; index < trials.size(); index++) {
        String id = CandidateId.of(request.getRequestId(), round, index);
        Trial trial = trials.get(index);
        evaluated.stream()
            .filter(e -> e.getCandidateId().equals(id))
            .findFirst()
            .ifPresent(
                e ->
                    measured.add(
                        new MeasuredTrial(
                            trial,
                            e.getStages().get(e.getStages().size() - 1).getAccuracy().getTop1(),
                            e.getLatency().getRatio(),
                            e.getLatency().getDense().getP50Nanos() / NANOS_PER_MILLI,
                            e.getReward())));
      }
    }
    return measured;
  }

  private CandidateProposed candidate(
      String id, int round, int index, Purpose purpose, Trial trial) {
    AllocationProblem problem = network.problem(request.getTarget().getMetric(), trial.budget());
    int[] widths = policy(trial).allocate(problem);
    ArtifactRef ref = store.put(network.plan(widths), JSON);
    return CandidateProposed.newBuilder()
        .setRequestId(request.getRequestId())
        .setCandidateId(id)
        .setRound(round)
        .setIndex(index)
        .setPurpose(purpose)
        .setRequest(request)
        .setPlan(ref)
        .setExpectedMacs(network.macs(widths))
        .setExpectedParameters(network.parameters(widths))
        .setProposedAt(clock.instant())
        .build();
  }

  private AllocationPolicy policy(Trial trial) {
    return switch (request.getMethod()) {
      case UNIFORM -> new UniformAllocation();
      case GLOBAL_THRESHOLD -> new GlobalThresholdAllocation();
      case CURVE_OPTIMAL -> new CurveOptimalAllocation(trial.temper());
    };
  }
}
