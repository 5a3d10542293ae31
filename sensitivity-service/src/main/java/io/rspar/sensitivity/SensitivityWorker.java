package io.rspar.sensitivity;

import io.rspar.events.ArtifactRef;
import io.rspar.events.Compensation;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.SensitivityMeasured;
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
import io.rspar.sensitivity.criterion.Subject;
import io.rspar.sensitivity.curvature.FactorSink;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/**
 * A request in, its channel scores out. Scores that were measured lately are remembered: requests
 * that differ in target or method alone share them.
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
  public List<Outgoing> work(SpecificRecord event, JobContext job) {
    PruningRequest asked = ((PruningRequested) event).getRequest();
    job.progress(0, "checking model and data");
    Admission.Admitted admitted = admission.admit(asked);
    PruningRequest request = admitted.request();
    Subject subject =
        new Subject(
            admitted.graph(),
            admitted.groups(),
            admitted.calibration(),
            admitted.validation(),
            request.getCalibration(),
            request.getSeed());

    long start = System.nanoTime();
    boolean wantsFactors = request.getRecovery().getCompensation() == Compensation.OBS;
    Scored scored = known.get(everythingThatMatters(request));
    if (scored == null || (wantsFactors && scored.inputFactors() == null)) {
      scored = score(request, subject, wantsFactors, job);
      known.put(everythingThatMatters(request), scored);
    }
    SensitivityReport report = scored.report();
    long duration = System.nanoTime() - start;
    ArtifactRef ref = store.put(report.toJson(), "application/json");

    List<String> warnings = new ArrayList<>(admitted.warnings());
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
                .setOrigins(Origins.of(asked, request))
                .setMeasuredAt(clock.instant())
                .build()));
  }

  private Scored score(
      PruningRequest request, Subject subject, boolean wantsFactors, JobContext job) {
    CompensationFactors factors = new CompensationFactors();
    SensitivityReport report =
        Criteria.of(request.getCriterion(), wantsFactors ? factors : FactorSink.NONE)
            .measure(subject, progress(job));
    return new Scored(
        report,
        wantsFactors ? store.put(factors.factors().toBytes(), InputFactors.MEDIA_TYPE) : null);
  }

  /** What scores depend on; files are named by their checksums. */
  private static List<Object> everythingThatMatters(PruningRequest request) {
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
