package io.rspar.pruner;

import io.quarkus.runtime.StartupEvent;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.service.Loops;
import io.rspar.kit.service.Service;
import io.rspar.pruner.checkpoint.CheckpointFolder;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;

/** Starts the pruner: {@code pruning-candidates} in, {@code pruned-models} out. */
@ApplicationScoped
public class PrunerService {
  void start(
      @Observes StartupEvent event,
      Loops loops,
      ArtifactStore store,
      RequestData data,
      PrunerConfig config) {
    Recovery recovery = new Recovery(data, new CheckpointFolder(config.checkpoints()));
    loops.work(Service.PRUNER, new PrunerWorker(store, recovery, Clock.systemUTC()));
  }
}
