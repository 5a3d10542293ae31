package io.rspar.standalone.trial;

import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Table;
import io.rspar.events.PruningCompleted;
import io.rspar.events.topic.Topic;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.standalone.client.RequestClient;
import io.rspar.standalone.client.RequestFollower;
import io.rspar.standalone.supervisor.ServiceProcess;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;

/**
 * Requests while processes are killed, stopped and set going again, the broker is killed, and
 * records come twice, all at seeded random times. Ends with an error unless every request has
 * exactly one result and all results are equal, as equal requests demand.
 */
public final class ChaosTrial implements Benchmark {
  private static final int REQUESTS = 50;

  /** How long all of them may take. */
  private static final Duration LIMIT = Duration.ofHours(1);

  /** A dead member is missed after this: the shortest that brokers allow by default. */
  private static final Duration SESSION = Duration.ofSeconds(6);

  /** Time for what comes after the last result: second copies of work, a second result. */
  private static final Duration AFTERMATH = Duration.ofSeconds(15);

  private static final Duration POLL = Duration.ofMillis(100);

  @Override
  public String name() {
    return "chaos";
  }

  @Override
  public String summary() {
    return "50 requests while services and broker are killed at random and records come twice";
  }

  @Override
  public Outcome run(Context context) throws Exception {
    Path folder = Files.createTempDirectory("rspar-chaos");
    TinyRequests tiny = TinyRequests.in(folder.resolve("data"), context.data());
    Map<String, String> configuration =
        Map.of(
            ServiceProcess.clientProperty("session.timeout.ms"),
            Long.toString(SESSION.toMillis()),
            ServiceProcess.clientProperty("heartbeat.interval.ms"),
            "1500",
            ServiceProcess.clientProperty("transaction.timeout.ms"),
            "10000");
    // Records are not to blame for these deaths.
    List<String> options = List.of("-Xmx512m", "-Drspar.jobs.max-deliveries=1000");
    context.progress().accept("processes and logs in " + folder);
    try (Fleet fleet = Fleet.start(folder, configuration, options, line -> {});
        RequestClient submitter = client(fleet);
        RequestClient reader = client(fleet)) {
      return new Run(context, tiny, fleet, submitter, reader).go();
    }
  }

  private static RequestClient client(Fleet fleet) {
    return new RequestClient(KafkaSettings.local(fleet.broker().bootstrapServers()));
  }

  /** One run. */
  private final class Run {
    private final Consumer<String> progress;
    private final int requests;
    private final TinyRequests tiny;
    private final Fleet fleet;
    private final RequestClient submitter;
    private final RequestFollower follower;
    private final Accidents accidents;
    private final Random random;
    private final long startNanos = System.nanoTime();
    private final Set<String> submitted = new HashSet<>();
    private final Map<String, List<SpecificRecord>> results = new HashMap<>();

    Run(
        Context context,
        TinyRequests tiny,
        Fleet fleet,
        RequestClient submitter,
        RequestClient reader) {
      this.progress = context.progress();
      this.requests = context.sized(REQUESTS, 1);
      this.tiny = tiny;
      this.fleet = fleet;
      this.submitter = submitter;
      this.follower = reader.followAll();
      this.random = new Random(context.seed());
      // A sequence of its own: how often this one's is asked depends on the machine.
      this.accidents = new Accidents(fleet, new Random(context.seed() + 1), progress);
    }

    Outcome go() throws Exception {
      while (results.size() < requests) {
        if (mayBeSubmitted() && random.nextInt(3) == 0) {
          submit();
        }
        accidents.maybe();
        read();
        fleet
            .lost()
            .ifPresent(
                lost -> {
                  throw new IllegalStateException(lost.name() + " is lost: see " + lost.log());
                });
        if (seconds() > LIMIT.toSeconds()) {
          throw new IllegalStateException(
              "%d of %d requests have ended after %s; without a result: %s"
                  .formatted(results.size(), requests, LIMIT, withoutResult()));
        }
      }
      double seconds = seconds();
      accidents.settle();
      long calm = System.nanoTime() + AFTERMATH.toNanos();
      while (System.nanoTime() < calm) {
        read();
      }
      check();
      return outcome(seconds);
    }

    /** The last one comes when a service has been killed, however fast this machine is. */
    private boolean mayBeSubmitted() {
      int left = requests - submitted.size();
      return left > 1 || (left == 1 && accidents.counts().containsKey(Accidents.KILLED));
    }

    private void submit() throws InterruptedException {
      String id = String.format(Locale.ROOT, "chaos-%03d", submitted.size());
      submitter.submit(tiny.of(id));
      if (random.nextInt(3) == 0) {
        submitter.submit(tiny.of(id));
        accidents.count("request submitted twice");
      }
      submitted.add(id);
    }

    private void read() {
      for (SpecificRecord event : follower.poll(POLL)) {
        if (RequestFollower.isEnd(event)) {
          results.computeIfAbsent(Topic.requestIdOf(event), id -> new ArrayList<>()).add(event);
          progress.accept("%4.0f s: %d of %d".formatted(seconds(), results.size(), requests));
        }
      }
    }

    private double seconds() {
      return (System.nanoTime() - startNanos) / 1e9;
    }

    private Set<String> withoutResult() {
      Set<String> left = new HashSet<>(submitted);
      left.removeAll(results.keySet());
      return left;
    }

    /** Equal requests, equal results; each once; each with the model that it names. */
    private void check() throws Exception {
      Set<String> kinds = new HashSet<>();
      for (Map.Entry<String, List<SpecificRecord>> result : results.entrySet()) {
        if (result.getValue().size() != 1) {
          throw new IllegalStateException(
              result.getKey() + " has more than one result: " + result.getValue());
        }
        if (!(result.getValue().get(0) instanceof PruningCompleted completed)) {
          throw new IllegalStateException("failed: " + result.getValue().get(0));
        }
        long written =
            Files.size(Path.of(URI.create(completed.getDirectory())).resolve("model.onnx"));
        if (written != completed.getModel().getSizeBytes()) {
          throw new IllegalStateException(
              "%s: model.onnx has %d bytes, its result says %d"
                  .formatted(result.getKey(), written, completed.getModel().getSizeBytes()));
        }
        kinds.add(
            "%d MACs, %d parameters, accuracy %s of %s"
                .formatted(
                    completed.getPruned().getMacs(),
                    completed.getPruned().getParameters(),
                    completed.getPruned().getAccuracy(),
                    completed.getDense().getAccuracy()));
      }
      if (kinds.size() != 1 || !results.keySet().equals(submitted)) {
        throw new IllegalStateException("equal requests had different results: " + kinds);
      }
    }

    private Outcome outcome(double seconds) {
      Map<String, Double> numbers = new TreeMap<>();
      numbers.put("chaos.requests", (double) requests);
      numbers.put("chaos.seconds", seconds);
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("requests, each with exactly one result", Integer.toString(requests)));
      accidents
          .counts()
          .forEach(
              (what, count) -> {
                rows.add(List.of(what, count.toString()));
                numbers.put("chaos." + what.replace(' ', '_'), (double) count);
              });
      rows.add(List.of("seconds", String.format(Locale.ROOT, "%.0f", seconds)));
      return new Outcome(
          List.of(new Table("What was survived", List.of("what", "how often"), rows)),
          Map.of(),
          numbers);
    }
  }
}
