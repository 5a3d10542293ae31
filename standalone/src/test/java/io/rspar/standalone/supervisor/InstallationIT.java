package io.rspar.standalone.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.FailureReason;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningStatus;
import io.rspar.events.Stage;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.request.RequestFile;
import io.rspar.standalone.client.RequestClient;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged application with a real broker, on the network and data of the demo. */
@Timeout(value = 12, unit = TimeUnit.MINUTES)
class InstallationIT {
  private static final Path MODULE = Path.of(System.getProperty("basedir", ".")).toAbsolutePath();
  private static final Application APPLICATION =
      new Application(MODULE.resolve("target/quarkus-app/quarkus-run.jar"));
  private static final Path REQUEST =
      MODULE.resolve("../examples/fashion-mnist/request-short.yaml").normalize();
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** What is counted only when brokers or disks fail. */
  private static final Set<String> ONLY_IN_TROUBLE =
      Set.of("rspar_job_retries_total", "rspar_session_restarts_total");

  /** Exported by the dashboard's process; {@code DashboardIT} looks there. */
  private static final Pattern OF_THE_DASHBOARD =
      Pattern.compile(
          "rspar_(request(s|_.*)|candidates_total|consumer_lag|group_members|dead_letters_open)");

  @TempDir Path folder;
  private final List<String> lifecycle = new CopyOnWriteArrayList<>();

  @Test
  void badRecordsAndBadRequestsDoNotKeepTheNextRequestFromCompleting() throws Exception {
    int port = freePort();
    try (Installation installation = start("-Dquarkus.http.port=" + port);
        RequestClient client = new RequestClient(installation.bootstrapServers())) {
      publishJunk(installation);
      PruningRequest bad =
          PruningRequest.newBuilder(request("bad"))
              .setModel(
                  io.rspar.events.ArtifactRef.newBuilder()
                      .setUri(folder.resolve("none.onnx").toUri().toString())
                      .build())
              .build();
      client.submit(bad);
      PruningRequest good = request("good");
      client.submit(good);

      PruningFailed failed = (PruningFailed) awaitEnd(client, installation, "bad", s -> {});
      assertThat(failed.getReason()).isEqualTo(FailureReason.ARTIFACT_MISSING);
      assertThat(failed.getMessage()).contains("none.onnx");

      List<PruningStatus> progress = new ArrayList<>();
      // A second client: it reads from the beginning, so it sees what has happened meanwhile.
      try (RequestClient again = new RequestClient(installation.bootstrapServers())) {
        SpecificRecord end = awaitEnd(again, installation, "good", progress::add);
        assertThat(end).isInstanceOf(PruningCompleted.class);
        PruningCompleted completed = (PruningCompleted) end;
        assertThat(completed.getGoalMet()).isTrue();
        assertThat(completed.getPruned().getMacs())
            .isLessThanOrEqualTo(completed.getDense().getMacs() / 2);
        Path results = Path.of(URI.create(completed.getDirectory()));
        assertThat(results).isEqualTo(folder.resolve("good"));
        assertThat(Files.size(results.resolve("model.onnx")))
            .isLessThan(Files.size(REQUEST.resolveSibling("fashion_resnet.onnx")));
        assertThat(results.resolve("report.md")).exists();
      }
      assertThat(progress)
          .extracting(PruningStatus::getStage)
          .contains(Stage.SENSITIVITY, Stage.SEARCH, Stage.PRUNING, Stage.EVALUATION);
      assertThat(monitored())
          .as("metrics that dashboards or alerts ask of the services and that are not exported")
          .isSubsetOf(exported(port));
    }
  }

  /** The names of metrics in Grafana's dashboards and Prometheus' rules. */
  private static Set<String> monitored() throws Exception {
    Set<String> names = new TreeSet<>();
    Path monitoring = MODULE.resolve("../monitoring");
    try (Stream<Path> files = Files.walk(monitoring)) {
      for (Path file :
          files.filter(f -> f.toString().matches(".*(\\.json|rules\\.yml)")).toList()) {
        Pattern.compile("\\b(rspar|kafka_consumer|kafka_producer|jvm)_[a-z0-9_]+")
            .matcher(Files.readString(file))
            .results()
            .map(MatchResult::group)
            .filter(name -> !OF_THE_DASHBOARD.matcher(name).matches())
            .forEach(names::add);
      }
    }
    assertThat(names).hasSizeGreaterThan(10).containsAll(ONLY_IN_TROUBLE);
    names.removeAll(ONLY_IN_TROUBLE);
    return names;
  }

  /** The names of metrics that the services' process exports. */
  private static Set<String> exported(int port) throws Exception {
    URI address = URI.create("http://localhost:" + port + "/q/metrics");
    String metrics =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    return metrics
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("[{ ]")[0])
        .collect(Collectors.toSet());
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void aWorkerThatIsKilledIsStartedAgainAndTheRequestGoesOn() throws Exception {
    try (Installation installation = start();
        RequestClient client = new RequestClient(installation.bootstrapServers())) {
      client.submit(request("survivor"));
      AtomicBoolean killed = new AtomicBoolean();
      SpecificRecord end =
          awaitEnd(
              client,
              installation,
              "survivor",
              status -> {
                if (status.getStage() == Stage.PRUNING && killed.compareAndSet(false, true)) {
                  kill(installation.services().get(0).pid());
                }
              });
      assertThat(killed).isTrue();
      assertThat(end).isInstanceOf(PruningCompleted.class);
      assertThat(lifecycle).anyMatch(line -> line.contains("services died (status 137)"));
      assertThat(folder.resolve("survivor/model.onnx")).exists();
    }
  }

  private Installation start(String... options) throws Exception {
    return Installation.start(
        APPLICATION, folder.resolve("work"), false, List.of(options), lifecycle::add);
  }

  private PruningRequest request(String id) throws Exception {
    return PruningRequest.newBuilder(new RequestFile().read(REQUEST, Instant.now()))
        .setRequestId(id)
        .setOutput(folder.resolve(id).toUri().toString())
        .build();
  }

  private static SpecificRecord awaitEnd(
      RequestClient client,
      Installation installation,
      String id,
      Consumer<PruningStatus> progress) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      Optional<SpecificRecord> end = client.poll(id, progress);
      if (end.isPresent()) {
        return end.get();
      }
      assertThat(installation.defect()).isEmpty();
    }
    throw new AssertionError("Request " + id + " has not ended after " + PATIENCE);
  }

  private static void publishJunk(Installation installation) throws Exception {
    KafkaClients clients = new KafkaClients(KafkaSettings.local(installation.bootstrapServers()));
    try (var producer = clients.producer(Duration.ofSeconds(30))) {
      for (String topic : List.of("pruning-requests", "pruning-candidates", "pruned-models")) {
        for (int partition = 0; partition < 24; partition++) {
          producer
              .send(
                  new ProducerRecord<>(
                      topic, partition, null, "junk".getBytes(StandardCharsets.UTF_8)))
              .get();
        }
      }
    }
  }

  private static void kill(long pid) {
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
  }
}
