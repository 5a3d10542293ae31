package io.rspar.eval;

import io.rspar.eval.energy.EnergyBench;
import io.rspar.eval.latency.LatencyBench;
import io.rspar.events.AccuracyMeasurement;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CandidatePruned;
import io.rspar.events.EnergyComparison;
import io.rspar.events.LatencyComparison;
import io.rspar.events.PruningRequest;
import io.rspar.events.Purpose;
import io.rspar.events.StageAccuracy;
import io.rspar.events.StagedModel;
import io.rspar.events.TargetMetric;
import io.rspar.events.topic.Topic;
import io.rspar.graph.Tensor;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.data.DataRole;
import io.rspar.kit.event.CandidateLabel;
import io.rspar.kit.event.JobContext;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.Worker;
import io.rspar.kit.request.LatencySpread;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/** A pruned candidate in, its measurements and reward out. */
public final class EvalWorker implements Worker {
  /** Share of an evaluation that accuracy takes, roughly: for progress only. */
  private static final double ACCURACY_SHARE = 0.5;

  private final ArtifactStore store;
  private final AccuracyMeter accuracy;
  private final LatencyBench latency;
  private final EnergyBench energy;
  private final String deviceClass;
  private final Clock clock;

  public EvalWorker(
      ArtifactStore store,
      AccuracyMeter accuracy,
      LatencyBench latency,
      EnergyBench energy,
      String deviceClass,
      Clock clock) {
    this.store = store;
    this.accuracy = accuracy;
    this.latency = latency;
    this.energy = energy;
    this.deviceClass = deviceClass;
    this.clock = clock;
  }

  @Override
  public List<Outgoing> work(SpecificRecord event, JobContext job) {
    CandidatePruned pruned = (CandidatePruned) event;
    PruningRequest request = pruned.getRequest();
    if (!request.getMeasurement().getDeviceClass().equals(deviceClass)) {
      return List.of();
    }
    String id = CandidateLabel.of(pruned.getPurpose(), pruned.getRound(), pruned.getIndex());
    DataRole role = role(pruned);
    job.progress(0, id + ": accuracy of the original");
    AccuracyMeasurement dense = accuracy.measure(request.getModel(), request, role);
    List<StageAccuracy> stages = new ArrayList<>();
    for (StagedModel stage : pruned.getStages()) {
      job.progress(
          ACCURACY_SHARE * (1.0 + stages.size()) / (1 + pruned.getStages().size()),
          id + ": accuracy, " + stage.getStage());
      stages.add(
          StageAccuracy.newBuilder()
              .setStage(stage.getStage())
              .setAccuracy(accuracy.measure(stage.getModel(), request, role))
              .build());
    }
    ArtifactRef model = pruned.getStages().get(pruned.getStages().size() - 1).getModel();
    Map<String, Tensor> examples = accuracy.examples(request, role);
    LatencyComparison measured =
        latency.compare(
            store.fetch(request.getModel()),
            store.fetch(model),
            examples,
            request.getMeasurement(),
            LatencySpread.seconds(request, pruned.getPurpose()),
            share -> job.progress(ACCURACY_SHARE + (1 - ACCURACY_SHARE) * share, id + ": latency"));
    EnergyComparison spent =
        request.getTarget().getMetric() == TargetMetric.ENERGY
            ? energy.compare(
                store.fetch(request.getModel()),
                store.fetch(model),
                examples,
                request.getMeasurement(),
                share -> job.progress(1, id + ": energy"))
            : null;
    return List.of(
        Outgoing.of(
            Topic.EVALUATION_RESULTS, evaluated(pruned, model, dense, stages, measured, spent)));
  }

  /** The test data is for the report alone: no candidate is chosen by it. */
  private static DataRole role(CandidatePruned pruned) {
    return pruned.getPurpose() == Purpose.FINAL ? DataRole.TEST : DataRole.VALIDATION;
  }

  private CandidateEvaluated evaluated(
      CandidatePruned pruned,
      ArtifactRef model,
      AccuracyMeasurement dense,
      List<StageAccuracy> stages,
      LatencyComparison measured,
      EnergyComparison spent) {
    PruningRequest request = pruned.getRequest();
    Cost denseCost = Cost.of(OnnxReader.read(store.fetch(request.getModel())));
    double top1 = stages.get(stages.size() - 1).getAccuracy().getTop1();
    return CandidateEvaluated.newBuilder()
        .setRequestId(pruned.getRequestId())
        .setCandidateId(pruned.getCandidateId())
        .setRound(pruned.getRound())
        .setIndex(pruned.getIndex())
        .setPurpose(pruned.getPurpose())
        .setModel(model)
        .setPlan(pruned.getPlan())
        .setDenseAccuracy(dense)
        .setStages(stages)
        .setMacs(pruned.getMacs())
        .setParameters(pruned.getParameters())
        .setModelBytes(model.getSizeBytes())
        .setDenseModelBytes(request.getModel().getSizeBytes())
        .setLatency(measured)
        .setEnergy(spent)
        .setReward(
            Reward.of(
                top1,
                dense.getTop1(),
                request.getTarget(),
                denseCost.macs(),
                denseCost.parameters(),
                pruned.getMacs(),
                pruned.getParameters(),
                measured,
                spent))
        .setWarnings(pruned.getWarnings())
        .setEvaluatedAt(clock.instant())
        .build();
  }
}
