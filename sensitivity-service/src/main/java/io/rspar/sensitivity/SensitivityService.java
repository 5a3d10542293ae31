package io.rspar.sensitivity;

import io.quarkus.runtime.StartupEvent;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.service.Loops;
import io.rspar.kit.service.Service;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;

/** Starts the service: {@code pruning-requests} in, {@code sensitivity-reports} out. */
@ApplicationScoped
public class SensitivityService {
  void start(@Observes StartupEvent event, Loops loops, ArtifactStore store, RequestData data) {
    loops.work(
        Service.SENSITIVITY,
        new SensitivityWorker(store, new Admission(store, data), Clock.systemUTC()));
  }
}
