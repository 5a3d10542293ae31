package io.rspar.pruner;

import io.rspar.events.ArtifactRef;
import io.rspar.events.CandidateProposed;
import io.rspar.events.CandidatePruned;
import io.rspar.events.RecoveryStage;
import io.rspar.events.StagedModel;
import io.rspar.events.topic.Topic;
import io.rspar.graph.Graph;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.surgery.Kept;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.PruningPlanFile;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.event.CandidateLabel;
import io.rspar.kit.event.JobContext;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.Worker;
import io.rspar.kit.model.CutRules;
import io.rspar.kit.sensitivity.InputFactors;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/** A candidate in, its cut and recovered model out. */
public final class PrunerWorker implements Worker {
  private static final String ONNX = "application/onnx";

  private final ArtifactStore store;
  private final Recovery recovery;
  private final Clock clock;

  public PrunerWorker(ArtifactStore store, Recovery recovery, Clock clock) {
    this.store = store;
    this.recovery = recovery;
    this.clock = clock;
  }

  @Override
  public List<Outgoing> work(SpecificRecord event, JobContext job) throws IOException {
    CandidateProposed candidate = (CandidateProposed) event;
    Graph dense = OnnxReader.read(store.fetch(uncut(candidate)));
    DependencyGraph groups = CutRules.groups(dense, candidate.getRequest().getConstraints());
    PruningPlan plan = PruningPlanFile.read(Files.readString(store.fetch(candidate.getPlan())));

    long start = System.nanoTime();
    Graph cut = Surgeon.cut(dense, groups, plan);
    recovery.verify(candidate.getRequest(), Surgeon.mask(dense, groups, plan), cut);
    List<StagedModel> stages = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    if (candidate.getModel() != null) {
      warnings.add(
          "What was cut are weights that the method trained before, not the original's: "
              + candidate.getModel().getUri()
              + ".");
    }
    stages.add(staged(RecoveryStage.CUT, cut, candidate, start));
    requireExpectedCost(candidate, cut);

    Recovery.Listener listener =
        new Recovery.Listener() {
          @Override
          public void stage(RecoveryStage stage, Graph model, long startedNanos) {
            stages.add(staged(stage, model, candidate, startedNanos));
          }

          @Override
          public void progress(double share, String detail) {
            String id =
                CandidateLabel.of(
                    candidate.getPurpose(), candidate.getRound(), candidate.getIndex());
            job.progress(share, id + ": " + detail);
          }

          @Override
          public void warning(String sentence) {
            warnings.add(sentence);
          }
        };
    Graph original =
        candidate.getModel() == null
            ? dense
            : OnnxReader.read(store.fetch(candidate.getRequest().getModel()));
    recovery.repair(
        candidate, dense, new Kept(groups, plan), cut, original, inputFactors(candidate), listener);
    return List.of(Outgoing.of(Topic.PRUNED_MODELS, pruned(candidate, stages, cut, warnings)));
  }

  /** The original, or the same network with weights that the method trained. */
  private static ArtifactRef uncut(CandidateProposed candidate) {
    return candidate.getModel() == null ? candidate.getRequest().getModel() : candidate.getModel();
  }

  private Optional<InputFactors> inputFactors(CandidateProposed candidate) throws IOException {
    ArtifactRef ref = candidate.getInputFactors();
    return ref == null
        ? Optional.empty()
        : Optional.of(InputFactors.ofBytes(Files.readAllBytes(store.fetch(ref))));
  }

  private StagedModel staged(
      RecoveryStage stage, Graph model, CandidateProposed candidate, long startedNanos) {
    Map<String, String> metadata = new LinkedHashMap<>(model.metadata());
    metadata.put("rspar.request", candidate.getRequestId());
    metadata.put("rspar.candidate", candidate.getCandidateId());
    metadata.put("rspar.stage", stage.name());
    metadata.put("rspar.original.sha256", candidate.getRequest().getModel().getSha256());
    metadata.put("rspar.plan.sha256", candidate.getPlan().getSha256());
    if (candidate.getModel() != null) {
      metadata.put("rspar.trained.sha256", candidate.getModel().getSha256());
    }
    ArtifactRef ref = store.put(OnnxWriter.toBytes(model.withMetadata(metadata)), ONNX);
    return StagedModel.newBuilder()
        .setStage(stage)
        .setModel(ref)
        .setDurationNanos(System.nanoTime() - startedNanos)
        .build();
  }

  /** The search counts without cutting; if it counted wrongly, no target can be trusted. */
  private static void requireExpectedCost(CandidateProposed candidate, Graph cut) {
    Cost cost = Cost.of(cut);
    if (cost.macs() != candidate.getExpectedMacs()
        || cost.parameters() != candidate.getExpectedParameters()) {
      throw new IllegalStateException(
          "the plan was counted at "
              + candidate.getExpectedMacs()
              + " MACs and "
              + candidate.getExpectedParameters()
              + " parameters, but the cut model has "
              + cost.macs()
              + " and "
              + cost.parameters());
    }
  }

  private CandidatePruned pruned(
      CandidateProposed candidate, List<StagedModel> stages, Graph cut, List<String> warnings) {
    Cost cost = Cost.of(cut);
    return CandidatePruned.newBuilder()
        .setRequestId(candidate.getRequestId())
        .setCandidateId(candidate.getCandidateId())
        .setRound(candidate.getRound())
        .setIndex(candidate.getIndex())
        .setPurpose(candidate.getPurpose())
        .setRequest(candidate.getRequest())
        .setPlan(candidate.getPlan())
        .setStages(stages)
        .setMacs(cost.macs())
        .setParameters(cost.parameters())
        .setWarnings(warnings)
        .setPrunedAt(clock.instant())
        .build();
  }
}
