package io.rspar.search.process;

import io.rspar.events.ArtifactRef;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningRequest;
import io.rspar.events.SensitivityMeasured;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.event.JobContext;
import io.rspar.kit.failure.WorkException;
import io.rspar.kit.model.CutRules;
import io.rspar.search.baseline.Baseline;
import io.rspar.search.baseline.Prepared;
import io.rspar.search.baseline.Subject;
import io.rspar.search.strategy.RuleProposals;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Lets a request's method look at its network, or train it. The last few answers stay in memory,
 * since every round of a search needs them; an answer that is gone, after a restart, is found
 * again: it depends on the request alone.
 */
final class Preparations {
  private static final int KEPT = 4;
  private static final String ONNX = "application/onnx";

  private final ArtifactStore store;
  private final RequestData data;
  private final Map<String, Preparation> recent =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Preparation> eldest) {
          return size() > KEPT;
        }
      };

  Preparations(ArtifactStore store, RequestData data) {
    this.store = store;
    this.data = data;
  }

  /** What the request's method has made of its network. */
  Preparation of(SensitivityMeasured measured, JobContext job) throws IOException {
    synchronized (recent) {
      Preparation known = recent.get(measured.getRequestId());
      if (known != null) {
        return known;
      }
    }
    Preparation preparation = prepare(measured, job);
    synchronized (recent) {
      recent.put(measured.getRequestId(), preparation);
    }
    return preparation;
  }

  private Preparation prepare(SensitivityMeasured measured, JobContext job) throws IOException {
    PruningRequest request = measured.getRequest();
    PrunableNetwork network = PrunableNetwork.load(store, request, measured.getSensitivity());
    Optional<Baseline> baseline = Methods.baseline(request, data);
    if (baseline.isEmpty()) {
      return new Preparation(network, Methods.proposals(request), Optional.empty());
    }
    Subject subject =
        new Subject(
            network.graph(),
            network.dependencies(),
            graph -> CutRules.groups(graph, request.getConstraints()),
            network.space(),
            Methods.nominal(request, network.space()));
    Prepared prepared =
        baseline
            .get()
            .prepare(
                subject,
                (share, detail) -> {
                  job.progress(share, detail);
                  requireWanted(job);
                });
    Optional<ArtifactRef> trained =
        prepared.trained().map(graph -> store.put(OnnxWriter.toBytes(graph), ONNX));
    return new Preparation(
        network.ranked(prepared.groups(), prepared.choice()),
        new RuleProposals(prepared.policy()),
        trained);
  }

  private static void requireWanted(JobContext job) {
    if (job.cancelled()) {
      throw new WorkException(
          FailureReason.TRANSIENT_IO,
          "the work was given up, because another worker took it over",
          "nothing is to be done");
    }
  }
}
