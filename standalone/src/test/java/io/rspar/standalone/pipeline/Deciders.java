package io.rspar.standalone.pipeline;

import io.rspar.eval.AccuracyMeter;
import io.rspar.eval.EvalWorker;
import io.rspar.eval.energy.EnergyBench;
import io.rspar.eval.energy.Powercap;
import io.rspar.eval.latency.LatencyBench;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.artifact.FileArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.event.Process;
import io.rspar.kit.event.Worker;
import io.rspar.kit.service.Service;
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
import java.util.List;
import java.util.Set;

/** What the four services decide, with their real work, and the store that they share. */
public record Deciders(
    ArtifactStore store,
    Worker sensitivity,
    Process<SearchState> search,
    Worker pruner,
    Worker eval) {

  /**
   * The worker of a service.
   *
   * @throws IllegalArgumentException for the search, which is a process
   */
  public Worker worker(Service service) {
    return switch (service) {
      case SENSITIVITY -> sensitivity;
      case PRUNER -> pruner;
      case EVAL -> eval;
      case SEARCH -> throw new IllegalArgumentException("the search is a process");
    };
  }

  /**
   * @param storeRoot folder of the artifact store that they share
   */
  public static Deciders of(Path storeRoot) {
    Clock clock = Clock.systemUTC();
    ArtifactStore store = new FileArtifactStore(storeRoot, 1L << 31, List.of());
    RequestData data = new RequestData(store);
    return new Deciders(
        store,
        new SensitivityWorker(store, new Admission(store, data), clock),
        new SearchProcess(store, data, new ResultPublisher(store, clock), Set::of, clock),
        new PrunerWorker(
            store,
            new Recovery(data, new CheckpointFolder(storeRoot.resolve("checkpoints"))),
            clock),
        new EvalWorker(
            store,
            new AccuracyMeter(store, data),
            new LatencyBench("default"),
            new EnergyBench(Powercap.SYSFS),
            "default",
            clock));
  }
}
