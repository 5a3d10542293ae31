package io.rspar.standalone.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Table;
import io.rspar.eval.AccuracyMeter;
import io.rspar.eval.EvalWorker;
import io.rspar.eval.energy.EnergyBench;
import io.rspar.eval.energy.Powercap;
import io.rspar.eval.latency.LatencyBench;
import io.rspar.events.AllocationMethod;
import io.rspar.events.PruningRequest;
import io.rspar.events.SearchSettings;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.artifact.FileArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.EventLoop;
import io.rspar.kit.event.JobSettings;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.event.LiveMembers;
import io.rspar.kit.event.LoopContext;
import io.rspar.kit.event.LoopState;
import io.rspar.kit.event.UnwantedRequests;
import io.rspar.kit.service.Service;
import io.rspar.pruner.PrunerWorker;
import io.rspar.pruner.Recovery;
import io.rspar.pruner.checkpoint.CheckpointFolder;
import io.rspar.search.process.SearchProcess;
import io.rspar.search.report.ResultPublisher;
import io.rspar.sensitivity.Admission;
import io.rspar.sensitivity.SensitivityWorker;
import io.rspar.standalone.broker.BrokerProcess;
import io.rspar.standalone.client.RequestClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which part of a search's time goes into anything but numerical work. A real broker in its own
 * process; the four services with their real event loops and artifact store in this one, where
 * their threads are looked at (see {@link ActivitySampler}).
 */
final class Overhead implements Benchmark {
  private static final int ROUNDS = 3;
  private static final int CANDIDATES = 4;
  private static final int EXAMPLES = 1000;
  private static final int LEAST_EXAMPLES = 64;

  @Override
  public String name() {
    return "overhead";
  }

  @Override
  public String summary() {
    return "time of a search outside of numerical work: events, serialisation, files, waiting";
  }

  @Override
  public Outcome run(Context context) throws Exception {
    Path folder = Files.createTempDirectory(context.out(), "run");
    PruningRequest request =
        BenchmarkRequest.half(
                context.data(),
                "overhead-" + context.seed(),
                context.sized(EXAMPLES, LEAST_EXAMPLES),
                context.out().resolve("results"),
                context.seed())
            .setMethod(AllocationMethod.R_SPAR)
            .setSearch(
                SearchSettings.newBuilder()
                    .setRounds(context.sized(ROUNDS, 1))
                    .setCandidatesPerRound(CANDIDATES)
                    .build())
            .build();
    context.progress().accept("starting Kafka");
    try (BrokerProcess broker =
            BrokerProcess.start(folder.resolve("kafka"), folder.resolve("kafka.log"));
        Services services = new Services(broker.bootstrapServers(), folder);
        RequestClient client = new RequestClient(broker.bootstrapServers())) {
      services.awaitRunning();
      context.progress().accept("searching");
      long start = System.nanoTime();
      Map<Activity, Long> counts = sampled(client, request, context);
      return outcome(counts, (System.nanoTime() - start) / 1e9, context);
    }
  }

  private static Map<Activity, Long> sampled(
      RequestClient client, PruningRequest request, Context context) throws Exception {
    ActivitySampler sampler = new ActivitySampler();
    try (sampler) {
      BenchmarkRequest.serve(client, request, context);
    }
    return sampler.counts();
  }

  private static Outcome outcome(Map<Activity, Long> counts, double seconds, Context context) {
    double samples = counts.values().stream().mapToLong(Long::longValue).sum();
    List<List<String>> rows = new ArrayList<>();
    for (Activity activity : Activity.values()) {
      double share = counts.getOrDefault(activity, 0L) / samples;
      rows.add(
          List.of(
              activity.description(),
              String.format(Locale.ROOT, "%.2f %%", 100 * share),
              String.format(Locale.ROOT, "%.1f", share * seconds)));
    }
    int candidates = context.sized(ROUNDS, 1) * CANDIDATES;
    double overhead = 1 - counts.getOrDefault(Activity.NUMERICAL, 0L) / samples;
    return new Outcome(
        List.of(
            new Table(
                String.format(
                    Locale.ROOT,
                    "Wall time of a search on %s (%s), %d candidates, %,.0f samples of all threads",
                    context.data().model().getFileName(),
                    context.data().name(),
                    candidates,
                    samples),
                List.of("activity", "share", "seconds"),
                rows)),
        Map.of(),
        Map.of(
            "overhead_share", overhead,
            "wall_seconds", seconds,
            "candidates", (double) candidates,
            "samples", samples));
  }

  /** The four services of an installation, in this process. */
  private static final class Services implements AutoCloseable {
    private final EventCodec codec = EventCodec.singleObject();
    private final UnwantedRequests unwanted;
    private final List<EventLoop> loops;

    Services(String bootstrapServers, Path folder) {
      Clock clock = Clock.systemUTC();
      ArtifactStore store =
          new FileArtifactStore(folder.resolve("artifacts"), Long.MAX_VALUE, List.of());
      RequestData data = new RequestData(store);
      KafkaClients clients = new KafkaClients(KafkaSettings.local(bootstrapServers));
      unwanted = new UnwantedRequests(clients, codec);
      LoopContext context =
          new LoopContext(clients, codec, JobSettings.DEFAULT, new SimpleMeterRegistry(), unwanted);
      loops =
          List.of(
              EventLoop.working(
                  Service.SENSITIVITY,
                  "",
                  context,
                  new SensitivityWorker(store, new Admission(store, data), clock)),
              EventLoop.processing(
                  Service.SEARCH,
                  context,
                  new SearchProcess(
                      store,
                      data,
                      new ResultPublisher(store, clock),
                      () -> LiveMembers.kinds(clients, Service.EVAL),
                      clock)),
              EventLoop.working(
                  Service.PRUNER,
                  "",
                  context,
                  new PrunerWorker(
                      store,
                      new Recovery(data, new CheckpointFolder(folder.resolve("checkpoints"))),
                      clock)),
              EventLoop.working(
                  Service.EVAL,
                  "default",
                  context,
                  new EvalWorker(
                      store,
                      new AccuracyMeter(store, data),
                      new LatencyBench("default"),
                      new EnergyBench(Powercap.SYSFS),
                      "default",
                      clock)));
      unwanted.start();
      loops.forEach(EventLoop::start);
    }

    /** Until every loop takes part in its group: starting up is no part of a search. */
    void awaitRunning() throws InterruptedException {
      while (!loops.stream().allMatch(loop -> loop.state() == LoopState.RUNNING)) {
        Thread.sleep(50);
      }
    }

    @Override
    public void close() {
      loops.parallelStream().forEach(EventLoop::close);
      unwanted.close();
      codec.close();
    }
  }
}
