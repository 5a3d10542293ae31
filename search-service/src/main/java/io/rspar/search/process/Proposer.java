package io.rspar.search.process;

import io.rspar.events.ArtifactRef;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidateProposed;
import io.rspar.events.PruningRequest;
import io.rspar.events.Purpose;
import io.rspar.events.SensitivityMeasured;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.search.strategy.Measured;
import io.rspar.search.strategy.Search;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Turns widths that the search wants into candidates: which channels stay, and what they cost. */
final class Proposer {
  private static final String JSON = "application/json";

  private final ArtifactStore store;
  private final Clock clock;
  private final PruningRequest request;
  private final ArtifactRef inputFactors;
  private final PrunableNetwork network;
  private final Optional<ArtifactRef> trained;
  private final MeasurementLog log;
  private final Search search;

  /**
   * @param measured the request, and the factors that its compensation may need
   * @param method what the request's method made of its network
   */
  Proposer(ArtifactStore store, Clock clock, SensitivityMeasured measured, Preparation method)
      throws IOException {
    this.store = store;
    this.clock = clock;
    this.request = measured.getRequest();
    this.inputFactors = measured.getInputFactors();
    this.network = method.network();
    this.trained = method.trained();
    this.log = new MeasurementLog(store, request, network, trained.orElse(request.getModel()));
    this.search = Methods.search(request, network.space(), method.proposals());
  }

  /** The candidates of one round. */
  List<CandidateProposed> round(int round, Collection<CandidateEvaluated> evaluated)
      throws IOException {
    List<CandidateProposed> candidates = new ArrayList<>();
    for (int[] widths : search.propose(round, log.of(evaluated))) {
      int index = candidates.size();
      String id = CandidateId.of(request.getRequestId(), round, index);
      candidates.add(candidate(id, round, index, Purpose.EXPLORATION, widths));
    }
    return candidates;
  }

  /** The winner, once more, for full recovery. */
  CandidateProposed winner(Collection<CandidateEvaluated> evaluated) throws IOException {
    List<Measured> measured = log.of(evaluated);
    return candidate(
        CandidateId.ofFinal(request.getRequestId()),
        search.effort().rounds(),
        0,
        Purpose.FINAL,
        search.winner(measured));
  }

  /** {@code search-log.json} of everything that was measured so far. */
  ArtifactRef log(Collection<CandidateEvaluated> evaluated) throws IOException {
    return store.put(log.file(evaluated), JSON);
  }

  private CandidateProposed candidate(
      String id, int round, int index, Purpose purpose, int[] widths) {
    ArtifactRef ref = store.put(network.plan(widths), JSON);
    return CandidateProposed.newBuilder()
        .setRequestId(request.getRequestId())
        .setCandidateId(id)
        .setRound(round)
        .setIndex(index)
        .setPurpose(purpose)
        .setRequest(request)
        .setPlan(ref)
        .setInputFactors(inputFactors)
        .setModel(trained.orElse(null))
        .setExpectedMacs(network.macs(widths))
        .setExpectedParameters(network.parameters(widths))
        .setProposedAt(clock.instant())
        .build();
  }
}
