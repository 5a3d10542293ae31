package io.rspar.search.process;

import io.rspar.events.BestCandidate;
import io.rspar.events.CancellationRequested;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidateProposed;
import io.rspar.events.CurvatureRequested;
import io.rspar.events.CurvatureSummed;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningAdmitted;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningStatus;
import io.rspar.events.Purpose;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.SensitivityRequested;
import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import io.rspar.events.topic.Topic;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.event.JobContext;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.Process;
import io.rspar.kit.failure.Failure;
import io.rspar.kit.failure.WorkException;
import io.rspar.search.allocation.UnreachableTargetException;
import io.rspar.search.report.ResultPublisher;
import io.rspar.search.strategy.SearchEffort;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;

/**
 * The process of a request, from its sensitivities to its result: rounds of candidates go out,
 * rewards come back, the winner goes out for full recovery, and its measurements become the report.
 */
public final class SearchProcess implements Process<SearchState> {
  private final ArtifactStore store;
  private final Preparations preparations;
  private final ResultPublisher results;
  private final Evaluators evaluators;
  private final Clock clock;

  public SearchProcess(
      ArtifactStore store,
      RequestData data,
      ResultPublisher results,
      Evaluators evaluators,
      Clock clock) {
    this.store = store;
    this.preparations = new Preparations(store, data);
    this.results = results;
    this.evaluators = evaluators;
    this.clock = clock;
  }

  /** How many candidates a request explores before it delivers one. */
  public static int explorations(PruningRequest request) {
    return Methods.effort(request).candidates();
  }

  @Override
  public SearchState initial(String requestId) {
    return SearchState.initial(requestId);
  }

  @Override
  public SearchState fold(SearchState state, SpecificRecord event) {
    if (event instanceof PruningAdmitted admitted) {
      return state.with(admitted);
    }
    if (event instanceof CurvatureSummed summed) {
      return state.with(summed);
    }
    if (event instanceof SensitivityMeasured measured) {
      return state.with(measured);
    }
    if (event instanceof CandidateEvaluated evaluated) {
      return state.with(evaluated);
    }
    if (event instanceof WorkFailed failed) {
      return state.with(failed);
    }
    if (event instanceof CancellationRequested
        || event instanceof PruningCompleted
        || event instanceof PruningFailed) {
      return state.end();
    }
    throw new IllegalArgumentException("no part of a search: " + event.getSchema().getFullName());
  }

  @Override
  public boolean finished(SearchState state) {
    return state.ended();
  }

  @Override
  public List<Outgoing> act(SearchState state, SpecificRecord event, JobContext job)
      throws IOException {
    if (event instanceof PruningAdmitted admitted) {
      return measure(admitted);
    }
    if (event instanceof CurvatureSummed) {
      return state.shards().areComplete() ? score(state) : List.of(shardStatus(state));
    }
    if (event instanceof SensitivityMeasured measured) {
      return propose(state, 0, job);
    }
    if (event instanceof CandidateEvaluated evaluated) {
      return evaluated.getPurpose() == Purpose.FINAL
          ? results.publish(state.sensitivities(), state.evaluated().values(), evaluated)
          : next(state, evaluated.getRound(), job);
    }
    if (event instanceof WorkFailed failed) {
      boolean exploration =
          failed.getCandidateId() != null
              && !failed.getCandidateId().equals(CandidateId.ofFinal(state.requestId()));
      return exploration ? afterFailure(state, failed, job) : end(state.requestId(), failed);
    }
    if (event instanceof CancellationRequested) {
      return end(
          state.requestId(),
          Stage.SEARCH,
          FailureReason.CANCELLED,
          "The request was cancelled",
          "submit it again under another id");
    }
    return List.of();
  }

  @Override
  public List<Outgoing> failed(SearchState state, SpecificRecord event, Failure failure) {
    return end(
        state.requestId(), Stage.SEARCH, failure.reason(), failure.message(), failure.remedy());
  }

  /** Requests whose candidates no evaluator can take, because none of the device class is there. */
  @Override
  public List<Missing> missing(List<SearchState> underWay) {
    List<SearchState> started = underWay.stream().filter(s -> s.measured().isPresent()).toList();
    if (started.isEmpty()) {
      return List.of();
    }
    Set<String> present = evaluators.deviceClasses();
    return started.stream()
        .filter(state -> !present.contains(deviceClass(state)))
        .map(
            state ->
                new Missing(
                    state.requestId(),
                    Stage.EVALUATION,
                    "waiting: no evaluator of device class '%s' is connected (%s); start one with RSPAR_EVAL_DEVICE_CLASS=%s"
                        .formatted(
                            deviceClass(state),
                            present.isEmpty()
                                ? "there is none at all"
                                : "there are " + String.join(", ", present),
                            deviceClass(state))))
        .toList();
  }

  private static String deviceClass(SearchState state) {
    return state.sensitivities().getRequest().getMeasurement().getDeviceClass();
  }

  /** Every shard of the curvature is work of its own. */
  private List<Outgoing> measure(PruningAdmitted admitted) {
    String requestId = admitted.getRequestId();
    int shards = admitted.getRequest().getCalibration().getShards();
    List<Outgoing> out = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      out.add(
          Outgoing.of(
              Topic.CURVATURE_SHARDS,
              CurvatureRequested.newBuilder()
                  .setRequestId(requestId)
                  .setShardId(Shards.id(requestId, shard))
                  .setRequest(admitted.getRequest())
                  .setShard(shard)
                  .setShards(shards)
                  .setRequestedAt(clock.instant())
                  .build()));
    }
    return out;
  }

  private List<Outgoing> score(SearchState state) {
    PruningAdmitted admitted = state.shards().admitted().orElseThrow();
    List<CurvatureSummed> shards = state.shards().inOrder();
    return List.of(
        Outgoing.of(
            Topic.CURVATURE_SHARDS,
            SensitivityRequested.newBuilder()
                .setRequestId(state.requestId())
                .setShardId(Shards.idOfAll(state.requestId()))
                .setRequest(admitted.getRequest())
                .setSums(shards.stream().map(CurvatureSummed::getSums).toList())
                .setWarnings(admitted.getWarnings())
                .setOrigins(admitted.getOrigins())
                .setDurationNanos(
                    shards.stream().mapToLong(CurvatureSummed::getDurationNanos).max().orElse(0))
                .setRequestedAt(clock.instant())
                .build()),
        shardStatus(state));
  }

  private Outgoing shardStatus(SearchState state) {
    int there = state.shards().summed().size();
    int all = state.shards().count();
    return Outgoing.of(
        Topic.PRUNING_STATUS,
        PruningStatus.newBuilder()
            .setRequestId(state.requestId())
            .setStage(Stage.SENSITIVITY)
            .setProgress((double) there / Math.max(all, 1))
            .setDetail(there + " of " + all + " shards of the curvature are there")
            .setUpdatedAt(clock.instant())
            .build());
  }

  private List<Outgoing> next(SearchState state, int round, JobContext job) throws IOException {
    SearchEffort effort = effort(state);
    return state.isRoundComplete(round, effort.candidatesPerRound())
        ? propose(state, round + 1, job)
        : List.of(status(state, effort, Stage.SEARCH, "waiting for the rest of the round"));
  }

  /** A candidate that fails costs the search one trial; a search without any trial left fails. */
  private List<Outgoing> afterFailure(SearchState state, WorkFailed failed, JobContext job)
      throws IOException {
    SearchEffort effort = effort(state);
    int trials = effort.candidatesPerRound();
    int round =
        IntStream.range(0, effort.rounds())
            .filter(r -> state.candidates(r, trials).anyMatch(failed.getCandidateId()::equals))
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException(failed.getCandidateId() + " was not proposed"));
    if (!state.isRoundComplete(round, trials)) {
      return List.of();
    }
    return state.evaluated().isEmpty()
        ? end(state.requestId(), failed)
        : propose(state, round + 1, job);
  }

  private List<Outgoing> propose(SearchState state, int round, JobContext job) throws IOException {
    PruningRequest request = state.sensitivities().getRequest();
    SearchEffort effort = effort(state);
    Collection<CandidateEvaluated> evaluated = state.evaluated().values();
    boolean exploring = round < effort.rounds();
    List<CandidateProposed> candidates;
    try {
      Proposer proposer =
          new Proposer(
              store, clock, state.sensitivities(), preparations.of(state.sensitivities(), job));
      if (!evaluated.isEmpty()) {
        results.keep(request, proposer.log(evaluated));
      }
      candidates =
          exploring ? proposer.round(round, evaluated) : List.of(proposer.winner(evaluated));
    } catch (UnreachableTargetException e) {
      throw new WorkException(
          FailureReason.TARGET_UNREACHABLE,
          e.getMessage(),
          "raise the target, or relax constraints.maxRatio, minChannels, channelMultiple or exclude",
          e);
    }
    List<Outgoing> out = new ArrayList<>();
    candidates.forEach(c -> out.add(Outgoing.of(Topic.PRUNING_CANDIDATES, c)));
    out.add(
        status(
            state,
            effort,
            exploring ? Stage.SEARCH : Stage.PRUNING,
            exploring
                ? "round " + (round + 1) + " of " + effort.rounds() + " is out"
                : "the winner is out for full recovery"));
    return out;
  }

  private static SearchEffort effort(SearchState state) {
    return Methods.effort(state.sensitivities().getRequest());
  }

  private Outgoing status(SearchState state, SearchEffort effort, Stage stage, String detail) {
    int explorations = effort.candidates();
    int done = state.evaluated().size() + state.failed().size();
    return Outgoing.of(
        Topic.PRUNING_STATUS,
        PruningStatus.newBuilder()
            .setRequestId(state.requestId())
            .setStage(stage)
            .setProgress(stage == Stage.SEARCH ? (double) done / explorations : 0)
            .setDetail(detail)
            .setCandidatesDone(done)
            .setCandidatesPlanned(explorations + 1)
            .setBestSoFar(best(state))
            .setUpdatedAt(clock.instant())
            .build());
  }

  private static BestCandidate best(SearchState state) {
    long denseMacs = state.sensitivities().getDenseMacs();
    return state.evaluated().values().stream()
        .max(Comparator.comparingDouble(CandidateEvaluated::getReward))
        .map(
            e ->
                BestCandidate.newBuilder()
                    .setCandidateId(e.getCandidateId())
                    .setAccuracy(
                        e.getStages().get(e.getStages().size() - 1).getAccuracy().getTop1())
                    .setMacsRatio((double) e.getMacs() / denseMacs)
                    .setLatencyRatio(e.getLatency().getRatio())
                    .setReward(e.getReward())
                    .build())
        .orElse(null);
  }

  private List<Outgoing> end(String requestId, WorkFailed failed) {
    return end(
        requestId, failed.getStage(), failed.getReason(), failed.getMessage(), failed.getRemedy());
  }

  private List<Outgoing> end(
      String requestId, Stage stage, FailureReason reason, String message, String remedy) {
    return List.of(
        Outgoing.of(
            Topic.PRUNING_RESULTS,
            PruningFailed.newBuilder()
                .setRequestId(requestId)
                .setStage(stage)
                .setReason(reason)
                .setMessage(message)
                .setRemedy(remedy)
                .setFailedAt(clock.instant())
                .build()),
        Outgoing.of(
            Topic.PRUNING_STATUS,
            PruningStatus.newBuilder()
                .setRequestId(requestId)
                .setStage(Stage.FAILED)
                .setProgress(1)
                .setDetail(message)
                .setUpdatedAt(clock.instant())
                .build()));
  }
}
