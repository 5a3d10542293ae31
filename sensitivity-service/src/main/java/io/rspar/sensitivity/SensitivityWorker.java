package io.rspar.sensitivity;

import io.rspar.events.ArtifactRef;
import io.rspar.events.Compensation;
import io.rspar.events.CurvatureRequested;
import io.rspar.events.CurvatureSummed;
import io.rspar.events.PruningAdmitted;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.SensitivityRequested;
import io.rspar.events.topic.Topic;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.event.JobContext;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.Worker;
import io.rspar.kit.sensitivity.InputFactors;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.sensitivity.criterion.ChannelCriterion;
import io.rspar.sensitivity.criterion.Criteria;
import io.rspar.sensitivity.criterion.CurvatureCriterion;
import io.rspar.sensitivity.criterion.Subject;
import io.rspar.sensitivity.curvature.FactorSink;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/**
 * A request in, its channel scores out. Where the request asks for shards, it is only admitted at
 * first; then each shard of its curvature is a piece of work of its own, and so is what follows
 * when all are there. Scores that were measured lately are remembered: requests that differ in
 * target or method alone share them.
 */
public final class SensitivityWorker implements Worker {
  private static final int REMEMBERED = 16;

  /**
   * What was measured.
   *
   * @param inputFactors null unless they were asked for
   */
  private record Scored(SensitivityReport report, ArtifactRef inputFactors) {}

  private final ArtifactStore store;
  private final Admission admission;
  private final Clock clock;
  private final Map<List<Object>, Scored> known =
      new LinkedHashMap<>(REMEMBERED, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<Object>, Scored> eldest) {
          return size() > REMEMBERED;
        }
      };

  public SensitivityWorker(ArtifactStore store, Admission admission, Clock clock) {
    this.store = store;
    this.admission = admission;
    this.clock = clock;
  }

  @Override
  public List<Outgoing> work(SpecificRecord event, JobContext job) throws IOException {
    if (event instanceof PruningRequested requested) {
      return begin(requested.getRequest(), job);
    }
    if (event instanceof CurvatureRequested shard) {
      return sum(shard, job);
    }
    if (event instanceof SensitivityRequested complete) {
      return complete(complete, job);
    }
    throw new IllegalArgumentException("no work of this service: " + event.getSchema().getName());
  }

  /** Scores the channels of a request, or leaves that to several workers. */
  private List<Outgoing> begin(PruningRequest asked, JobContext job) throws IOException {
    job.progress(0, "checking model and data");
    Admission.Admitted admitted = admission.admit(asked);
    PruningRequest request = admitted.request();
    Map<String, String> origins = Origins.of(asked, request);
    if (request.getCalibration().getShards() > 1
        && Criteria.isShared(request.getCriterion())
        && remembered(request).isEmpty()) {
      return List.of(
          Outgoing.of(
              Topic.SENSITIVITY_REPORTS,
              PruningAdmitted.newBuilder()
                  .setRequestId(request.getRequestId())
                  .setRequest(request)
                  .setWarnings(admitted.warnings())
                  .setOrigins(origins)
                  .setAdmittedAt(clock.instant())
                  .build()));
    }
    return measure(
        admitted,
        admitted.warnings(),
        origins,
        0,
        (criterion, subject) -> criterion.measure(subject, progress(job)));
  }

  /** Sums up one range of the calibration examples. */
  private List<Outgoing> sum(CurvatureRequested event, JobContext job) {
    long start = System.nanoTime();
    PruningRequest request = event.getRequest();
    Subject subject = subject(admission.open(request));
    return List.of(
        Outgoing.of(
            Topic.SENSITIVITY_REPORTS,
            CurvatureSummed.newBuilder()
                .setRequestId(event.getRequestId())
                .setShardId(event.getShardId())
                .setRequest(request)
                .setShard(event.getShard())
                .setShards(event.getShards())
                .setSums(
                    new CurvatureShards(store, request, subject, event.getShards())
                        .sum(event.getShard(), progress(job)))
                .setDurationNanos(System.nanoTime() - start)
                .setSummedAt(clock.instant())
                .build()));
  }

  /** Scores the channels of a request whose sums are all there. */
  private List<Outgoing> complete(SensitivityRequested event, JobContext job) throws IOException {
    return measure(
        admission.open(event.getRequest()),
        event.getWarnings(),
        event.getOrigins(),
        event.getDurationNanos(),
        (criterion, subject) ->
            new CurvatureShards(store, event.getRequest(), subject, event.getSums().size())
                .measure((CurvatureCriterion) criterion, event.getSums(), progress(job)));
  }

  /** How scores come about. */
  @FunctionalInterface
  private interface Measurement {
    SensitivityReport of(ChannelCriterion criterion, Subject subject) throws IOException;
  }

  private List<Outgoing> measure(
      Admission.Admitted admitted,
      List<String> inputWarnings,
      Map<String, String> origins,
      long nanosBefore,
      Measurement measurement)
      throws IOException {
    long start = System.nanoTime();
    PruningRequest request = admitted.request();
    Optional<Scored> before = remembered(request);
    Scored scored = before.isPresent() ? before.get() : score(admitted, measurement);
    known.put(everythingThatMatters(request), scored);
    SensitivityReport report = scored.report();
    long duration = nanosBefore + System.nanoTime() - start;
    ArtifactRef ref = store.put(report.toJson(), "application/json");

    List<String> warnings = new ArrayList<>(inputWarnings);
    warnings.addAll(report.warnings());
    return List.of(
        Outgoing.of(
            Topic.SENSITIVITY_REPORTS,
            SensitivityMeasured.newBuilder()
                .setRequestId(request.getRequestId())
                .setRequest(request)
                .setSensitivity(ref)
                .setGroups(admitted.groups().groups().size())
                .setChannels(
                    admitted.groups().groups().stream().mapToInt(ChannelGroup::width).sum())
                .setDenseMacs(admitted.cost().macs())
                .setDenseParameters(admitted.cost().parameters())
                .setSamplesUsed(report.samples())
                .setDurationNanos(duration)
                .setWarnings(warnings)
                .setInputFactors(scored.inputFactors())
                .setOrigins(origins)
                .setMeasuredAt(clock.instant())
                .build()));
  }

  private Scored score(Admission.Admitted admitted, Measurement measurement) throws IOException {
    boolean wantsFactors = wantsFactors(admitted.request());
    CompensationFactors factors = new CompensationFactors();
    ChannelCriterion criterion =
        Criteria.of(admitted.request().getCriterion(), wantsFactors ? factors : FactorSink.NONE);
    SensitivityReport report = measurement.of(criterion, subject(admitted));
    return new Scored(
        report,
        wantsFactors ? store.put(factors.factors().toBytes(), InputFactors.MEDIA_TYPE) : null);
  }

  private static Subject subject(Admission.Admitted admitted) {
    return new Subject(
        admitted.graph(),
        admitted.groups(),
        admitted.calibration(),
        admitted.validation(),
        admitted.request().getCalibration(),
        admitted.request().getSeed());
  }

  private static boolean wantsFactors(PruningRequest request) {
    return request.getRecovery().getCompensation() == Compensation.OBS;
  }

  /** What was measured lately and serves this request too. */
  private Optional<Scored> remembered(PruningRequest request) {
    return Optional.ofNullable(known.get(everythingThatMatters(request)))
        .filter(scored -> scored.inputFactors() != null || !wantsFactors(request));
  }

  /** What scores depend on; files are named by their checksums. */
  static List<Object> everythingThatMatters(PruningRequest request) {
    return List.of(
        request.getModel().getSha256(),
        request.getData().toString(),
        request.getConstraints().toString(),
        request.getCriterion(),
        request.getCalibration().toString(),
        request.getSeed());
  }

  private static ChannelCriterion.Progress progress(JobContext job) {
    return new ChannelCriterion.Progress() {
      @Override
      public void report(double share, String detail) {
        job.progress(share, detail);
      }

      @Override
      public void layer(double share, String detail) {
        job.step(share, detail);
      }
    };
  }
}
