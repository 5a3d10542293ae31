package io.rspar.eval;

import io.quarkus.runtime.StartupEvent;
import io.rspar.eval.energy.EnergyBench;
import io.rspar.eval.energy.Powercap;
import io.rspar.eval.latency.LatencyBench;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.service.Loops;
import io.rspar.kit.service.Service;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;

/**
 * Starts the evaluator: {@code pruned-models} in, {@code evaluation-results} out. Evaluators of one
 * device class share the work; each class sees every model and takes those that name it.
 */
@ApplicationScoped
public class EvalService {
  void start(
      @Observes StartupEvent event,
      Loops loops,
      ArtifactStore store,
      RequestData data,
      EvalConfig config) {
    loops.work(
        Service.EVAL,
        config.deviceClass(),
        new EvalWorker(
            store,
            new AccuracyMeter(store, data),
            new LatencyBench(config.deviceClass()),
            new EnergyBench(Powercap.SYSFS),
            config.deviceClass(),
            Clock.systemUTC()));
  }
}
