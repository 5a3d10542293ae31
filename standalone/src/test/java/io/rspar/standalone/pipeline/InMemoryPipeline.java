package io.rspar.standalone.pipeline;

import io.rspar.events.ArtifactRef;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.FailureEvents;
import io.rspar.kit.event.JobContext;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.Process;
import io.rspar.kit.event.Worker;
import io.rspar.kit.failure.Failures;
import io.rspar.kit.service.Service;
import io.rspar.search.process.SearchState;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/** The four deciders with their real work, and a queue in place of Kafka. */
public final class InMemoryPipeline {
  private final Deciders deciders;
  private final List<SpecificRecord> published = new ArrayList<>();

  public InMemoryPipeline(Path storeRoot) {
    deciders = Deciders.of(storeRoot);
  }

  /** A stored artifact. */
  Path fetch(ArtifactRef stored) {
    return deciders.store().fetch(stored);
  }

  /** Runs one request to its end; every event is delivered {@code deliveries} times. */
  public List<SpecificRecord> run(PruningRequest request, int deliveries) {
    Process<SearchState> search = deciders.search();
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
          case PRUNING_REQUESTS, CURVATURE_SHARDS ->
              out = work(Service.SENSITIVITY, deciders.sensitivity(), next.event());
          case PRUNING_CANDIDATES -> out = work(Service.PRUNER, deciders.pruner(), next.event());
          case PRUNED_MODELS -> out = work(Service.EVAL, deciders.eval(), next.event());
          case SENSITIVITY_REPORTS, EVALUATION_RESULTS, PRUNING_CANCELLATIONS, PRUNING_RESULTS -> {
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
      return deciders.search().act(state, event, QUIET);
    } catch (Exception e) {
      return deciders.search().failed(state, event, Failures.of(e));
    }
  }

  private static List<Outgoing> work(Service service, Worker worker, SpecificRecord event) {
    try {
      return worker.work(event, QUIET);
    } catch (Exception e) {
      return new FailureEvents(service, Clock.systemUTC()).of(event, Failures.of(e));
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
