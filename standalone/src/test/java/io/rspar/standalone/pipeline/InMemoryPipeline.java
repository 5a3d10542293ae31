package io.rspar.standalone.pipeline;

import io.rspar.eval.AccuracyMeter;
import io.rspar.eval.EvalWorker;
import io.rspar.eval.energy.EnergyBench;
import io.rspar.eval.energy.Powercap;
import io.rspar.eval.latency.LatencyBench;
import io.rspar.events.ArtifactRef;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.topic.Topic;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.artifact.FileArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.event.JobContext;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.Worker;
import io.rspar.kit.failure.Failures;
import io.rspar.pruner.PrunerWorker;
import io.rspar.pruner.Recovery;
import io.rspar.pruner.checkpoint.CheckpointFolder;
import io.rspar.search.process.SearchProcess;
import io.rspar.search.process.SearchState;
import io.rspar.search.report.ResultPublisher;
import io.rspar.sensitivity.Admission;
import io.rspar.sensitivity.SensitivityWorker;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/** The four deciders with their real work, and a queue in place of Kafka. */
final class InMemoryPipeline {
  private final ArtifactStore store;
  private final SensitivityWorker sensitivity;
  private final SearchProcess search;
  private final PrunerWorker pruner;
  private final EvalWorker eval;
  private final List<SpecificRecord> published = new ArrayList<>();

  InMemoryPipeline(Path storeRoot) {
    Clock clock = Clock.systemUTC();
    store = new FileArtifactStore(storeRoot, 1L << 31, List.of());
    RequestData data = new RequestData(store);
    sensitivity = new SensitivityWorker(store, new Admission(store, data), clock);
    search = new SearchProcess(store, data, new ResultPublisher(store, clock), clock);
    pruner =
        new PrunerWorker(
            store,
            new Recovery(data, new CheckpointFolder(storeRoot.resolve("checkpoints"))),
            clock);
    eval =
        new EvalWorker(
            store,
            new AccuracyMeter(store, data),
            new LatencyBench("default"),
            new EnergyBench(Powercap.SYSFS),
            "default",
            clock);
  }

  /** A stored artifact. */
  Path fetch(ArtifactRef stored) {
    return store.fetch(stored);
  }

  /** Runs one request to its end; every event is delivered {@code deliveries} times. */
  List<SpecificRecord> run(PruningRequest request, int deliveries) {
    SearchState state = search.initial(request.getRequestId());
    Deque<Outgoing> queue = new ArrayDeque<>();
    queue.add(
        Outgoing.of(
            Topic.PRUNING_REQUESTS, PruningRequested.newBuilder().setRequest(request).build()));
    while (!queue.isEmpty()) {
      Outgoing next = queue.remove();
      published.add(next.event());
      for (int i = 0; i < deliveries; i++) {
        List<Outgoing> out = List.of();
        switch (next.topic()) {
          case PRUNING_REQUESTS -> out = work(sensitivity, next.event());
          case PRUNING_CANDIDATES -> out = work(pruner, next.event());
          case PRUNED_MODELS -> out = work(eval, next.event());
          case SENSITIVITY_REPORTS, EVALUATION_RESULTS, PRUNING_RESULTS -> {
            SearchState before = state;
            state = search.fold(state, next.event());
            if (state != before) {
              out = act(state, next.event());
            }
          }
          case PRUNING_STATUS -> {}
        }
        queue.addAll(out);
      }
    }
    return published;
  }

  private List<Outgoing> act(SearchState state, SpecificRecord event) {
    try {
      return search.act(state, event, QUIET);
    } catch (Exception e) {
      return search.failed(state, event, Failures.of(e));
    }
  }

  private static List<Outgoing> work(Worker worker, SpecificRecord event) {
    try {
      return worker.work(event, QUIET);
    } catch (Exception e) {
      return worker.failed(event, Failures.of(e));
    }
  }

  private static final JobContext QUIET =
      new JobContext() {
        @Override
        public void progress(double share, String detail) {}

        @Override
        public boolean cancelled() {
          return false;
        }

        @Override
        public int attempt() {
          return 1;
        }
      };
}
