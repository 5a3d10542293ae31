package io.rspar.search;

import io.quarkus.runtime.StartupEvent;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.event.LiveMembers;
import io.rspar.kit.service.Loops;
import io.rspar.kit.service.Service;
import io.rspar.search.process.SearchProcess;
import io.rspar.search.report.ResultPublisher;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;

/**
 * Starts the search: {@code sensitivity-reports} and {@code evaluation-results} in, {@code
 * pruning-candidates} and {@code pruning-results} out.
 */
@ApplicationScoped
public class SearchService {
  void start(@Observes StartupEvent event, Loops loops, ArtifactStore store, RequestData data) {
    Clock clock = Clock.systemUTC();
    loops.process(
        Service.SEARCH,
        new SearchProcess(
            store,
            data,
            new ResultPublisher(store, clock),
            () -> LiveMembers.kinds(loops.clients(), Service.EVAL),
            clock));
  }
}
