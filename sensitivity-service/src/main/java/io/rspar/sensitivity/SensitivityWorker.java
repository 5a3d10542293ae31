package io.rspar.sensitivity;

import io.rspar.events.ArtifactRef;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.topic.Topic;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.event.JobContext;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.Worker;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.sensitivity.criterion.ChannelCriterion;
import io.rspar.sensitivity.criterion.Criteria;
import io.rspar.sensitivity.criterion.Subject;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/** A request in, its channel scores out. */
public final class SensitivityWorker implements Worker {
  private final ArtifactStore store;
  private final Admission admission;
  private final Clock clock;

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
    ChannelCriterion criterion = Criteria.of(request.getCriterion());
    SensitivityReport report = criterion.measure(subject, job::progress);
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
                .setMeasuredAt(clock.instant())
                .build()));
  }
}
