package io.rspar.dashboard.board;

import io.rspar.events.AccuracyMeasurement;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CancellationRequested;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidateProposed;
import io.rspar.events.CandidatePruned;
import io.rspar.events.CurvatureRequested;
import io.rspar.events.CurvatureSummed;
import io.rspar.events.PruningAdmitted;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.PruningStatus;
import io.rspar.events.PruningTarget;
import io.rspar.events.Purpose;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.SensitivityRequested;
import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/**
 * One request, told by its events. They come from several topics, so in any order between topics;
 * what is shown does not depend on it. Not thread-safe.
 */
final class Story {
  /** Shown events: the newest; the candidates' table holds the rest. */
  private static final int MAX_EVENTS = 200;

  private final String id;
  private final Map<Stage, Progress> workers = new EnumMap<>(Stage.class);
  private final Map<String, CandidateView> candidates = new LinkedHashMap<>();
  private final Map<String, String> failures = new HashMap<>();
  private final Deque<EventLine> events = new ArrayDeque<>();
  private PruningRequest request;
  private SensitivityMeasured measured;
  private PruningStatus status;
  private PruningCompleted completed;
  private PruningFailed failed;
  private CancellationRequested cancellation;
  private AccuracyMeasurement denseAccuracy;
  private Instant updatedAt = Instant.EPOCH;
  private long revision;

  Story(String id) {
    this.id = id;
  }

  /**
   * Takes in an event.
   *
   * @param summary whether a status is the request's own summary rather than a worker's report
   * @param revision of the board with this event
   */
  void fold(String topic, Instant at, SpecificRecord event, boolean summary, long revision) {
    this.revision = revision;
    updatedAt = at.isAfter(updatedAt) ? at : updatedAt;
    String text;
    if (event instanceof PruningRequested requested) {
      request = requested.getRequest();
      text = "submitted: " + target(request.getTarget());
    } else if (event instanceof CancellationRequested cancelled) {
      cancellation = cancelled;
      text = "cancellation asked for";
    } else if (event instanceof PruningAdmitted admitted) {
      text = format("admitted; %d shards", admitted.getRequest().getCalibration().getShards());
    } else if (event instanceof CurvatureRequested shard) {
      text = format("shard %d of %d to be summed up", shard.getShard() + 1, shard.getShards());
    } else if (event instanceof CurvatureSummed shard) {
      text =
          format(
              "shard %d of %d summed up in %.1f s",
              shard.getShard() + 1, shard.getShards(), shard.getDurationNanos() / 1e9);
    } else if (event instanceof SensitivityRequested complete) {
      text = format("all %d shards are there", complete.getSums().size());
    } else if (event instanceof SensitivityMeasured sensitivities) {
      measured = sensitivities;
      text =
          format(
              "%d groups with %,d channels rated in %.1f s",
              sensitivities.getGroups(),
              sensitivities.getChannels(),
              sensitivities.getDurationNanos() / 1e9);
    } else if (event instanceof CandidateProposed proposed) {
      text = proposed(proposed);
    } else if (event instanceof CandidatePruned pruned) {
      text = pruned(pruned);
    } else if (event instanceof CandidateEvaluated evaluated) {
      text = evaluated(evaluated);
    } else if (event instanceof WorkFailed work) {
      text = failedWork(work);
    } else if (event instanceof PruningCompleted end) {
      completed = end;
      text = end.getGoalMet() ? "completed: goal met" : "completed: goal not met";
    } else if (event instanceof PruningFailed end) {
      failed = end;
      text = "failed: " + end.getMessage();
    } else if (event instanceof PruningStatus report) {
      status(report, summary);
      return; // progress has its own place on the page
    } else {
      throw new IllegalArgumentException(event.getSchema().getFullName() + " is of no request");
    }
    events.addFirst(new EventLine(at, topic, event.getSchema().getName(), text));
    if (events.size() > MAX_EVENTS) {
      events.removeLast();
    }
  }

  private void status(PruningStatus report, boolean summary) {
    if (summary) {
      if (status == null || !report.getUpdatedAt().isBefore(status.getUpdatedAt())) {
        status = report;
      }
    } else {
      workers.merge(
          report.getStage(),
          new Progress(
              report.getStage().name(),
              report.getProgress(),
              report.getDetail(),
              report.getUpdatedAt()),
          (old, latest) -> latest.at().isBefore(old.at()) ? old : latest);
    }
  }

  private String proposed(CandidateProposed c) {
    put(
        CandidateView.proposed(
            c.getCandidateId(), c.getRound(), c.getIndex(), c.getPurpose(), c.getPlan()));
    return label(c.getCandidateId())
        + format(
            " proposed: %,d MACs, %,d parameters", c.getExpectedMacs(), c.getExpectedParameters());
  }

  private String pruned(CandidatePruned c) {
    put(
        CandidateView.proposed(
                c.getCandidateId(), c.getRound(), c.getIndex(), c.getPurpose(), c.getPlan())
            .pruned(c.getMacs(), c.getParameters()));
    return label(c.getCandidateId())
        + format(" pruned: %,d MACs, %,d parameters", c.getMacs(), c.getParameters());
  }

  private String evaluated(CandidateEvaluated c) {
    AccuracyMeasurement last = c.getStages().get(c.getStages().size() - 1).getAccuracy();
    if (denseAccuracy == null || c.getPurpose() == Purpose.FINAL) {
      denseAccuracy = c.getDenseAccuracy();
    }
    put(
        CandidateView.proposed(
                c.getCandidateId(), c.getRound(), c.getIndex(), c.getPurpose(), c.getPlan())
            .pruned(c.getMacs(), c.getParameters())
            .evaluated(
                new CandidateView.Measured(
                    last.getTop1(),
                    last.getRole(),
                    c.getLatency().getRatio(),
                    c.getEnergy() == null ? null : c.getEnergy().getRatio(),
                    c.getReward())));
    return label(c.getCandidateId())
        + format(
            " evaluated: accuracy %.2f %%, latency %.1f %%, reward %.4f",
            100 * last.getTop1(), 100 * c.getLatency().getRatio(), c.getReward());
  }

  private String failedWork(WorkFailed work) {
    if (work.getCandidateId() == null) {
      return Spelled.constant(work.getStage().name()) + " failed: " + work.getMessage();
    }
    failures.put(work.getCandidateId(), work.getMessage());
    return label(work.getCandidateId()) + " failed: " + work.getMessage();
  }

  /** Keeps what is further: topics are read at their own pace. */
  private void put(CandidateView view) {
    candidates.merge(
        view.id(),
        view,
        (old, latest) -> latest.state().compareTo(old.state()) >= 0 ? latest : old);
  }

  private List<CandidateView> candidates() {
    return candidates.values().stream()
        .map(c -> failures.containsKey(c.id()) ? c.failed(failures.get(c.id())) : c)
        .map(c -> c.relativeTo(denseMacs(), denseParameters()))
        .sorted(
            Comparator.comparing(CandidateView::last)
                .thenComparing(CandidateView::round)
                .thenComparing(CandidateView::index)
                .thenComparing(CandidateView::id))
        .toList();
  }

  private String label(String candidateId) {
    return candidateId.startsWith(id + ".") ? candidateId.substring(id.length() + 1) : candidateId;
  }

  private Long denseMacs() {
    return measured == null ? null : (Long) measured.getDenseMacs();
  }

  private Long denseParameters() {
    return measured == null ? null : (Long) measured.getDenseParameters();
  }

  Optional<ArtifactRef> sensitivity() {
    return Optional.ofNullable(measured).map(SensitivityMeasured::getSensitivity);
  }

  Optional<PruningCompleted> completed() {
    return Optional.ofNullable(completed);
  }

  /** The candidate to look at: the delivered one, else the best so far. */
  Optional<CandidateView> best() {
    return candidates().stream()
        .filter(c -> c.measured().reward() != null)
        .max(Comparator.comparing(CandidateView::last).thenComparing(c -> c.measured().reward()));
  }

  Optional<CandidateView> candidate(String candidateId) {
    return Optional.ofNullable(candidates.get(candidateId));
  }

  Summary summary(Instant now) {
    Stage stage = stage();
    Optional<CandidateView> best = best();
    return new Summary(
        id,
        request == null ? id : nameOf(request.getModel().getUri()),
        request == null ? "" : target(request.getTarget()),
        request == null ? "" : Spelled.constant(request.getMethod().name()),
        request == null ? "" : Spelled.constant(request.getCriterion().name()),
        request == null ? null : request.getSubmittedAt(),
        updatedAt,
        stage.name(),
        progress(stage),
        detail(stage),
        status == null ? 0 : status.getCandidatesDone(),
        status == null ? 0 : status.getCandidatesPlanned(),
        secondsLeft(stage, now),
        best.map(c -> c.measured().accuracy()).orElse(null),
        best.map(c -> c.size().macsRatio()).orElse(null),
        best.map(c -> c.measured().latencyRatio()).orElse(null),
        best.map(c -> c.measured().reward()).orElse(null),
        completed == null ? null : (Boolean) completed.getGoalMet(),
        cancellation != null && !ended(),
        revision);
  }

  Detail detail(Instant now) {
    return new Detail(
        summary(now),
        List.copyOf(workers.values()),
        candidates(),
        List.copyOf(events),
        denseAccuracy == null ? null : (Double) denseAccuracy.getTop1(),
        denseMacs(),
        denseParameters(),
        failed == null
            ? null
            : new Detail.Failure(
                failed.getStage().name(),
                failed.getReason().name(),
                failed.getMessage(),
                failed.getRemedy()),
        completed == null
            ? null
            : new Detail.Result(
                Detail.Measures.of(completed.getDense()),
                Detail.Measures.of(completed.getPruned()),
                completed.getGoalMet(),
                completed.getCompletedAt()),
        measured != null,
        warnings());
  }

  private List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (measured != null) {
      warnings.addAll(measured.getWarnings());
    }
    if (completed != null) {
      completed.getWarnings().stream().filter(w -> !warnings.contains(w)).forEach(warnings::add);
    }
    return warnings;
  }

  long candidatesEvaluated() {
    return candidates.values().stream().filter(c -> c.measured().reward() != null).count();
  }

  boolean ended() {
    return completed != null || failed != null;
  }

  Instant updatedAt() {
    return updatedAt;
  }

  long revision() {
    return revision;
  }

  private Stage stage() {
    if (completed != null) {
      return Stage.COMPLETED;
    }
    if (failed != null) {
      return Stage.FAILED;
    }
    if (status != null) {
      return status.getStage();
    }
    return workers.containsKey(Stage.SENSITIVITY) ? Stage.SENSITIVITY : Stage.SUBMITTED;
  }

  private String detail(Stage stage) {
    if (failed != null) {
      return failed.getMessage();
    }
    if (completed != null) {
      return completed.getGoalMet() ? "goal met" : "goal not met";
    }
    if (status != null) {
      return status.getDetail();
    }
    return workers.containsKey(stage) ? workers.get(stage).detail() : "waiting for a worker";
  }

  /**
   * A rough share of the whole, so that a bar moves evenly enough: rating the channels a fifth, the
   * search three fifths, the delivered model's recovery and measurement the rest.
   */
  private double progress(Stage stage) {
    return switch (stage) {
      case SUBMITTED -> 0;
      case SENSITIVITY -> 0.2 * share(Stage.SENSITIVITY);
      case SEARCH -> {
        int explored = Math.max(1, status.getCandidatesPlanned() - 1);
        yield 0.2 + 0.6 * Math.min(1, (double) status.getCandidatesDone() / explored);
      }
      case PRUNING, EVALUATION, REPORTING ->
          0.8
              + (candidates.values().stream()
                      .anyMatch(c -> c.last() && c.state() == CandidateView.State.PRUNED)
                  ? 0.1 + 0.1 * share(Stage.EVALUATION)
                  : 0.1 * share(Stage.PRUNING));
      case COMPLETED, FAILED -> 1;
    };
  }

  private double share(Stage worker) {
    Progress progress = workers.get(worker);
    return progress == null ? 0 : progress.share();
  }

  /** At the pace of the candidates so far; the delivered one counts as one more. */
  private Long secondsLeft(Stage stage, Instant now) {
    if (stage != Stage.SEARCH || measured == null || status.getCandidatesDone() == 0) {
      return null;
    }
    double seconds = Duration.between(measured.getMeasuredAt(), now).toMillis() / 1e3;
    int left = status.getCandidatesPlanned() - status.getCandidatesDone();
    return Math.round(seconds / status.getCandidatesDone() * left);
  }

  private static String nameOf(String uri) {
    String file = uri.substring(uri.lastIndexOf('/') + 1);
    return URLDecoder.decode(file, StandardCharsets.UTF_8).replaceFirst("\\.onnx$", "");
  }

  private static String target(PruningTarget target) {
    String limit =
        target.getRelative()
            ? Spelled.number(100 * target.getValue()) + " %"
            : switch (target.getMetric()) {
              case LATENCY -> Spelled.number(target.getValue()) + " ms";
              case ENERGY -> Spelled.number(target.getValue()) + " mJ";
              case ACCURACY_LOSS -> Spelled.number(100 * target.getValue()) + " points";
              case MACS, PARAMETERS -> format("%,.0f", target.getValue());
            };
    String metric =
        switch (target.getMetric()) {
          case MACS -> "MACs";
          case ACCURACY_LOSS -> "accuracy loss";
          default -> Spelled.constant(target.getMetric().name());
        };
    return metric + " ≤ " + limit;
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
