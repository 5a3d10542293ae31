package io.rspar.standalone.trial;

import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Plot;
import io.rspar.benchmarks.Table;
import io.rspar.events.PruningCompleted;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.plot.Series.Point;
import io.rspar.kit.service.Service;
import io.rspar.standalone.client.RequestClient;
import io.rspar.standalone.client.RequestFollower;
import io.rspar.standalone.supervisor.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;

/**
 * Many small requests queued at once behind one long search, served by one instance of each
 * service. Measures throughput, what waits where, resident memory, and whether the search keeps the
 * small ones waiting.
 */
public final class LoadTrial implements Benchmark {
  /** Small ones. */
  private static final int REQUESTS = 1_000;

  /** How long all of them may take. */
  private static final Duration LIMIT = Duration.ofHours(2);

  private static final String BIG = "load-big";
  private static final int BIG_ROUNDS = 20;
  private static final int BIG_CANDIDATES = 24;
  private static final Duration SAMPLE = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(200);

  @Override
  public String name() {
    return "load";
  }

  @Override
  public String summary() {
    return "1,000 small requests queued at once behind a long search, one instance per service";
  }

  @Override
  public Outcome run(Context context) throws Exception {
    Path folder = Files.createTempDirectory("rspar-load");
    TinyRequests tiny = TinyRequests.in(folder.resolve("data"), context.data());
    context.progress().accept("processes and logs in " + folder);
    try (Fleet fleet = Fleet.start(folder, Map.of(), List.of("-Xmx512m"), line -> {});
        Admin admin = fleet.clients().admin();
        RequestClient client =
            new RequestClient(KafkaSettings.local(fleet.broker().bootstrapServers()))) {
      return new Run(context, tiny, fleet, admin, client).go();
    }
  }

  /** State at one moment. */
  private record Sample(
      double seconds, int completed, Map<Service, Long> lag, Map<String, Long> residentBytes) {}

  /** One run. */
  private final class Run {
    private final Consumer<String> progress;
    private final int requests;
    private final TinyRequests tiny;
    private final Fleet fleet;
    private final Admin admin;
    private final RequestClient client;
    private final Map<String, Double> ended = new LinkedHashMap<>();
    private final List<Sample> samples = new ArrayList<>();
    private long startNanos;

    Run(Context context, TinyRequests tiny, Fleet fleet, Admin admin, RequestClient client) {
      this.progress = context.progress();
      this.requests = context.sized(REQUESTS, 1);
      this.tiny = tiny;
      this.fleet = fleet;
      this.admin = admin;
      this.client = client;
    }

    Outcome go() throws Exception {
      // Served before the clock starts: classes are loaded, native libraries are ready.
      client.submit(tiny.of("load-warm-up"));
      RequestFollower follower = client.followAll();
      readUntil(follower, 1);
      ended.clear();

      startNanos = System.nanoTime();
      client.submit(tiny.big(BIG, BIG_ROUNDS, BIG_CANDIDATES));
      for (int i = 0; i < requests; i++) {
        client.submit(tiny.of(String.format(Locale.ROOT, "load-%04d", i)));
      }
      double submitted = seconds();
      progress.accept("%d requests queued in %.1f s".formatted(requests, submitted));
      readUntil(follower, requests);
      return outcome(submitted);
    }

    /** Until so many small requests have ended. */
    private void readUntil(RequestFollower follower, int small) throws Exception {
      long sampledNanos = System.nanoTime();
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (ended.keySet().stream().filter(id -> !id.equals(BIG)).count() < small) {
        for (SpecificRecord event : follower.poll(POLL)) {
          if (event instanceof PruningCompleted) {
            if (ended.put(Topic.requestIdOf(event), seconds()) != null) {
              throw new IllegalStateException("two results: " + event);
            }
          } else if (RequestFollower.isEnd(event)) {
            throw new IllegalStateException("failed: " + event);
          }
        }
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException(
              "%d of %d have ended after %s".formatted(ended.size(), small, LIMIT));
        }
        if (System.nanoTime() - sampledNanos > SAMPLE.toNanos()) {
          sampledNanos = System.nanoTime();
          sample();
        }
      }
      sample();
    }

    private void sample() throws Exception {
      Map<String, Long> memory = new LinkedHashMap<>();
      for (ChildProcess process : fleet.services()) {
        memory.put(process.name(), residentBytes(process.pid()));
      }
      Sample sample = new Sample(seconds(), ended.size(), ConsumerLag.of(admin, "default"), memory);
      samples.add(sample);
      progress.accept(
          "%4.0f s: %d ended, waiting %s".formatted(sample.seconds(), ended.size(), sample.lag()));
    }

    private double seconds() {
      return (System.nanoTime() - startNanos) / 1e9;
    }

    private Outcome outcome(double submitted) {
      double seconds = seconds();
      double[] small =
          ended.entrySet().stream()
              .filter(e -> !e.getKey().equals(BIG))
              .mapToDouble(Map.Entry::getValue)
              .sorted()
              .toArray();
      Map<String, Double> numbers = new TreeMap<>();
      numbers.put("load.requests", (double) requests);
      numbers.put("load.submitSeconds", submitted);
      numbers.put("load.seconds", seconds);
      numbers.put("load.requestsPerHour", 3600 * requests / seconds);
      numbers.put("load.firstSeconds", small[0]);
      numbers.put("load.medianSeconds", small[small.length / 2]);
      numbers.put("load.lastSeconds", small[small.length - 1]);
      for (ChildProcess process : fleet.services()) {
        numbers.put(
            "load." + process.name() + ".peakMegabytes",
            samples.stream()
                    .mapToLong(s -> s.residentBytes().get(process.name()))
                    .max()
                    .orElseThrow()
                / 1e6);
      }
      for (Service service : Service.values()) {
        numbers.put(
            "load." + service.id() + ".peakLag",
            (double) samples.stream().mapToLong(s -> s.lag().get(service)).max().orElseThrow());
      }
      List<List<String>> rows =
          numbers.entrySet().stream()
              .map(e -> List.of(e.getKey(), String.format(Locale.ROOT, "%.1f", e.getValue())))
              .toList();
      return new Outcome(
          List.of(new Table("Load", List.of("what", "value"), rows)),
          Map.of("lag", lagPlot(), "memory", memoryPlot()),
          numbers);
    }

    private Plot lagPlot() {
      return new Plot(
          "Records that wait",
          "seconds",
          "records",
          Arrays.stream(Service.values())
              .map(
                  service ->
                      new Plot.Series(
                          service.id(),
                          samples.stream()
                              .map(s -> new Point(s.seconds(), s.lag().get(service)))
                              .toList(),
                          true))
              .toList());
    }

    private Plot memoryPlot() {
      return new Plot(
          "Resident memory",
          "seconds",
          "MB",
          fleet.services().stream()
              .map(
                  process ->
                      new Plot.Series(
                          process.name(),
                          samples.stream()
                              .map(
                                  s ->
                                      new Point(
                                          s.seconds(), s.residentBytes().get(process.name()) / 1e6))
                              .toList(),
                          true))
              .toList());
    }
  }

  private static long residentBytes(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
      if (line.startsWith("VmRSS:")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return 0;
  }
}
